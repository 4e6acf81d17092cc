//! The configuration of a run: what is read, how it is checked.

use autoencoder_core::{Bernoulli, Loss};
use autoencoder_datasets::ScalingKind;
use autoencoder_models::ModelConfig;
use autoencoder_regularizers::{CorruptionConfig, PenaltyConfig};
use autoencoder_train::TrainConfig;
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::ConfigError;

/// A run as it is written down: one field a table of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// What is learned from.
    pub data: DataConfig,
    /// The map from examples to codes and back.
    pub model: ModelConfig,
    /// The reconstruction loss.
    pub loss: Loss,
    /// The noise on the encoder's input in training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corruption: Option<CorruptionConfig>,
    /// Any number of penalties.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub penalty: Vec<PenaltyConfig>,
    /// How long, how fast, where.
    pub train: TrainConfig,
}

/// The `[data]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// A data set by name, or a path.
    pub source: String,
    /// How the values are scaled, fitted on the training part alone.
    pub scaling: ScalingKind,
    /// The share of the training examples kept for validation, in `(0, 1)`.
    pub validation: f64,
    /// The share kept for the test where the data have no test part of their own, in `(0, 1)`.
    pub test: f64,
    /// Take only that many examples, or generate that many; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<usize>,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            source: "strokes".to_owned(),
            scaling: ScalingKind::Unit,
            validation: 0.1,
            test: 0.1,
            examples: None,
        }
    }
}

impl Default for RunConfig {
    fn default() -> Self {
        Self {
            data: DataConfig::default(),
            model: ModelConfig::default(),
            loss: Loss::Bernoulli(Bernoulli::default()),
            corruption: None,
            penalty: Vec::new(),
            train: TrainConfig::default(),
        }
    }
}

/// A configuration that cannot be invalid: only [`RunConfig::check`] makes one.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedRun(RunConfig);

impl CheckedRun {
    /// The configuration.
    pub fn config(&self) -> &RunConfig {
        &self.0
    }
}

impl RunConfig {
    /// Reads a configuration. `origin` is the file or recipe that errors name.
    ///
    /// # Errors
    /// [`ConfigError`]: bad TOML with its line, an unknown key with the nearest valid one, a value
    /// of the wrong type.
    pub fn from_toml(text: &str, origin: &str) -> Result<Self, ConfigError> {
        Self::from_table(crate::overrides::parse(text, origin)?)
    }

    /// Reads a configuration from parsed TOML.
    ///
    /// # Errors
    /// Those of [`Self::from_toml`], less the syntax.
    pub fn from_table(table: Table) -> Result<Self, ConfigError> {
        serde_path_to_error::deserialize(toml::Value::Table(table.clone()))
            .map_err(|error| ConfigError::from_serde(&error, &table))
    }

    /// The configuration as TOML, every default spelled out, so that the file runs again as it is.
    ///
    /// # Errors
    /// [`ConfigError::Unwritable`] for a number TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|error| ConfigError::Unwritable { message: error.to_string() })
    }

    /// Checks everything that can be known without the data. This is the one door to training.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key, the value and what would fit.
    pub fn check(self) -> Result<CheckedRun, ConfigError> {
        for (key, share) in [("data.validation", self.data.validation), ("data.test", self.data.test)] {
            if !(share > 0.0 && share < 1.0) {
                return Err(ConfigError::OutOfRange { key, value: share, expected: "above 0 and below 1" });
            }
        }
        if self.data.examples == Some(0) {
            return Err(ConfigError::OutOfRange { key: "data.examples", value: 0.0, expected: "at least 3" });
        }
        self.model.check()?;
        self.loss.check_numbers()?;
        if let Some(corruption) = &self.corruption {
            corruption.check()?;
        }
        for (index, penalty) in self.penalty.iter().enumerate() {
            penalty.check().map_err(|source| ConfigError::Penalty { index, source })?;
        }
        self.train.check()?;
        Ok(CheckedRun(self))
    }
}
