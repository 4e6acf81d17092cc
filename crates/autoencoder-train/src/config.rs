//! The `[train]` part of a configuration.

use autoencoder_core::RangeError;
use autoencoder_core::device::Devices;
use serde::{Deserialize, Serialize};

use crate::{OptimizerConfig, Precision, ScheduleConfig, TrainError};

/// How long, how fast and where to train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainConfig {
    /// After each epoch the model is measured on the validation part, and kept; after 0 it is as it was.
    pub epochs: usize,
    /// Passes over the training part in each epoch: a small one is not worth measuring after each.
    #[serde(skip_serializing_if = "is_one")]
    pub passes: usize,
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
    pub device: Devices,
    /// What turns gradients into steps.
    pub optimizer: OptimizerConfig,
    /// The greatest Euclidean norm of all gradients of a step together, to which longer ones are scaled down; absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    /// How the learning rate moves over the run.
    pub schedule: ScheduleConfig,
    /// Which epoch's model is kept.
    pub select: Select,
    /// Whether the model before the first step is among those that the best is chosen from, as epoch 0; absent: one that
    /// starts at a solution is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_start: Option<bool>,
    /// When to stop before the last epoch; absent: never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub early_stopping: Option<EarlyStopping>,
    /// The time, in seconds, after which no further epoch begins; absent: none. Where it is reached two trainings of one
    /// seed may end at different epochs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_seconds: Option<f64>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_one(count: &usize) -> bool {
    *count == 1
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            epochs: 12,
            passes: 1,
            batch_size: 128,
            accumulation: 1,
            precision: Precision::F32,
            seed: 7,
            device: Devices::default(),
            optimizer: OptimizerConfig::default(),
            clip: None,
            schedule: ScheduleConfig::default(),
            select: Select::Validation,
            count_start: None,
            early_stopping: None,
            max_seconds: None,
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
    /// ```
    /// use autoencoder_train::TrainConfig;
    ///
    /// assert!(TrainConfig::default().check().is_ok());
    /// assert!(TrainConfig { batch_size: 0, ..TrainConfig::default() }.check().is_err());
    /// ```
    ///
    /// # Errors
    /// [`TrainError::OutOfRange`] naming the key, [`TrainError::Device`].
    pub fn check(&self) -> Result<(), TrainError> {
        RangeError::check_count("train.batch_size", self.batch_size)?;
        RangeError::check_count("train.accumulation", self.accumulation)?;
        RangeError::check_count("train.passes", self.passes)?;
        if let Some(norm) = self.clip {
            RangeError::check("train.clip", norm, norm > 0.0 && norm.is_finite(), "above 0")?;
        }
        if let Some(seconds) = self.max_seconds {
            RangeError::check("train.max_seconds", seconds, seconds > 0.0, "above 0")?;
        }
        if let Some(EarlyStopping { patience, min_improvement }) = self.early_stopping {
            RangeError::check_count("train.early_stopping.patience", patience)?;
            let (key, expected) = ("train.early_stopping.min_improvement", "at least 0 and below 1");
            RangeError::check(key, min_improvement, (0.0..1.0).contains(&min_improvement), expected)?;
        }
        self.optimizer.check()?;
        self.schedule.check()?;
        Ok(self.device.check()?)
    }
}
