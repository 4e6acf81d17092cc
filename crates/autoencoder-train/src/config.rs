//! The `[train]` part of a configuration.

use autoencoder_core::RangeError;
use serde::{Deserialize, Serialize};

use crate::{OptimizerConfig, Precision, ScheduleConfig, TrainError};

/// How long, how fast and where to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// Passes over the training part; after 0 the model is as it was.
    pub epochs: usize,
    /// Examples a step.
    pub batch_size: usize,
    /// Parts that a batch is computed in, one after the other: the gradients of the parts are averaged, so that the step
    /// is the same and its memory that of a part. Noise and what is averaged over a batch before it is summed, as the
    /// activity of a unit, are each part's own.
    pub accumulation: usize,
    /// The type of the numbers inside the model while its gradients are computed.
    pub precision: Precision,
    /// The seed of the training: initial weights, order, noise.
    pub seed: u64,
    /// The device by name, such as `flex` or `cuda:1`; or several with commas, which share each batch: then all but the
    /// steps happens on the first.
    pub device: String,
    /// What turns gradients into steps.
    pub optimizer: OptimizerConfig,
    /// How the learning rate moves over the run.
    pub schedule: ScheduleConfig,
    /// Which epoch's model is kept.
    pub select: Select,
    /// When to stop before the last epoch; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 12,
            batch_size: 128,
            accumulation: 1,
            precision: Precision::F32,
            seed: 7,
            device: "flex".to_owned(),
            optimizer: OptimizerConfig::default(),
            schedule: ScheduleConfig::default(),
            select: Select::Validation,
            early_stopping: None,
        }
    }
}

/// Which epoch's model a run ends with. While a weight on a schedule still moves, an epoch is not chosen by
/// what it measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Select {
    /// The one of the least loss on the validation part, without penalties.
    #[default]
    Validation,
    /// The one of the least objective on the validation part, penalties with their final weights included.
    Objective,
    /// The last one.
    Last,
}

/// Stop where the validation loss has not improved for a while.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    /// Epochs without improvement that are put up with.
    pub patience: usize,
    /// The least relative fall of the validation loss that counts as an improvement.
    pub min_improvement: f64,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self { patience: 5, min_improvement: 0.0 }
    }
}

impl TrainConfig {
    /// Checks every number.
    ///
    /// # Errors
    /// [`TrainError::OutOfRange`] naming the key, [`TrainError::Device`].
    pub fn check(&self) -> Result<(), TrainError> {
        RangeError::check_count("train.batch_size", self.batch_size)?;
        RangeError::check_count("train.accumulation", self.accumulation)?;
        if let Some(EarlyStopping { patience, min_improvement }) = self.early_stopping {
            RangeError::check_count("train.early_stopping.patience", patience)?;
            let (key, expected) = ("train.early_stopping.min_improvement", "at least 0 and below 1");
            RangeError::check(key, min_improvement, (0.0..1.0).contains(&min_improvement), expected)?;
        }
        self.optimizer.check()?;
        self.schedule.check()?;
        Ok(autoencoder_core::device::check_names(&self.device)?)
    }
}
