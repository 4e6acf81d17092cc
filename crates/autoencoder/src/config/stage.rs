//! The `[[stage]]` tables of a configuration: how the layers of a stack are trained one after the other.

use autoencoder_core::{Loss, OutputActivation, RangeError, Seed};
use autoencoder_models::{Activation, ModelConfig};
use autoencoder_regularizers::{CorruptionConfig, PenaltyConfig};
use autoencoder_train::{Emphasis, OptimizerConfig, ScheduleConfig, TrainConfig};
use serde::{Deserialize, Serialize};

use crate::config::error::ConfigError;

/// How one layer of a dense model is trained as an autoencoder of its own on the codes of the layer below, before the
/// whole is (Bengio et al. 2007). What it does not say is as in the run's own tables.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StageConfig {
    /// Passes over the training part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epochs: Option<usize>,
    /// Examples a step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_size: Option<usize>,
    /// What turns gradients into steps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimizer: Option<OptimizerConfig>,
    /// How the learning rate moves over the stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<ScheduleConfig>,
    /// The noise on the layer's input in training: on examples in the first, on codes in the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corruption: Option<CorruptionConfig>,
    /// What corrupted components count beside clean ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emphasis: Option<Emphasis>,
    /// The penalties.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub penalty: Option<Vec<PenaltyConfig>>,
    /// The reconstruction loss. Absent: the run's in the first layer; in the others cross-entropy of codes in `(0, 1)`,
    /// else the squared error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
}

impl StageConfig {
    /// Checks the stages of a run: one for each layer of its model, which is dense, or one that stands for all.
    ///
    /// # Errors
    /// [`ConfigError`] naming the stage and the key.
    pub(crate) fn check_all(
        stages: &[Self],
        model: &ModelConfig,
        train: &TrainConfig,
    ) -> Result<(), ConfigError> {
        if stages.is_empty() {
            return Ok(RangeError::check_count("train.epochs", train.epochs)?);
        }
        let ModelConfig::Dense(dense) = model else {
            return Err(ConfigError::NotAStack { model: model.name() });
        };
        let (count, layers) = (stages.len(), dense.depth());
        if count != 1 && count != layers {
            return Err(ConfigError::StageCount { stages: count, layers });
        }
        let wrong = |index, source: ConfigError| ConfigError::Stage { index, source: Box::new(source) };
        for (index, stage) in stages.iter().enumerate() {
            stage.check(train).map_err(|source| wrong(index, source))?;
        }
        for layer in 1..layers {
            let index = if count == 1 { 0 } else { layer };
            let output = OutputActivation::default();
            let decides = stages[index].loss.is_some_and(|loss| loss.with_output(output).is_none());
            if decides && dense.activation_below(layer) != Some(Activation::Sigmoid) {
                return Err(wrong(index, ConfigError::StageLoss));
            }
        }
        Ok(())
    }

    fn check(&self, of_run: &TrainConfig) -> Result<(), ConfigError> {
        RangeError::check_count("epochs", self.epochs.unwrap_or(of_run.epochs))?;
        self.train(of_run, 0).check()?;
        self.corruption.iter().try_for_each(CorruptionConfig::check)?;
        self.emphasis.iter().try_for_each(Emphasis::check)?;
        self.penalty.iter().flatten().try_for_each(PenaltyConfig::check)?;
        Ok(self.loss.iter().try_for_each(Loss::check_numbers)?)
    }

    /// How the layer of that place in the stack is trained, in a run that is trained like that.
    pub(crate) fn train(&self, of_run: &TrainConfig, index: usize) -> TrainConfig {
        TrainConfig {
            epochs: self.epochs.unwrap_or(of_run.epochs),
            batch_size: self.batch_size.unwrap_or(of_run.batch_size),
            optimizer: self.optimizer.unwrap_or(of_run.optimizer),
            schedule: self.schedule.unwrap_or(of_run.schedule),
            seed: Seed::new(of_run.seed).stream("stage").at(index as u64).value(),
            ..of_run.clone()
        }
    }
}
