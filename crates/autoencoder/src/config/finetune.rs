//! How a classifier, or a regressor, is trained on the encoder of a run.

use autoencoder_core::RangeError;
use autoencoder_regularizers::CorruptionConfig;
use autoencoder_train::{AdamConfig, EarlyStopping, OptimizerConfig, TrainConfig};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::config::error::ConfigError;

/// How a classifier is trained on the encoder of a run: `config.toml` in its folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FinetuneConfig {
    /// What becomes of the encoder.
    pub encoder: EncoderUse,
    /// What is learned from the labels.
    pub target: Target,
    /// The column of a table that has the label of each row; absent: the run's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The noise on the classifier's input in training: on examples, or with a frozen encoder on codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corruption: Option<CorruptionConfig>,
    /// The noise in training on every hidden layer of a dense encoder and on the code, such as dropout; of another model,
    /// and of a frozen one, on the code alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden_corruption: Option<CorruptionConfig>,
    /// How long, how fast, where.
    pub train: TrainConfig,
}

/// What becomes of the encoder while a classifier is trained on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EncoderUse {
    /// It starts from the run's weights and learns with the head: pretraining (Hinton and Salakhutdinov 2006, Vincent et
    /// al. 2010).
    #[default]
    Tuned,
    /// It keeps the run's weights; the head alone learns.
    Frozen,
    /// It has the run's architecture and new weights: what pretraining is measured against.
    New,
}

/// What is learned from labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Which class an example is of, by a softmax.
    #[default]
    Classes,
    /// The label as a number, by the squared error.
    Number,
}

impl Default for FinetuneConfig {
    fn default() -> Self {
        let train = TrainConfig {
            epochs: 50,
            optimizer: OptimizerConfig::Adam(AdamConfig::default()),
            early_stopping: Some(EarlyStopping { patience: 10, ..EarlyStopping::default() }),
            ..TrainConfig::default()
        };
        Self {
            encoder: EncoderUse::Tuned,
            target: Target::Classes,
            label: None,
            corruption: None,
            hidden_corruption: None,
            train,
        }
    }
}

impl FinetuneConfig {
    /// Reads a configuration from parsed TOML.
    ///
    /// # Errors
    /// [`ConfigError`] naming an unknown key or a value of the wrong type.
    pub fn from_table(table: Table) -> Result<Self, ConfigError> {
        serde_path_to_error::deserialize(toml::Value::Table(table.clone()))
            .map_err(|error| ConfigError::from_serde(&error, &table))
    }

    /// The configuration as TOML, every default spelled out.
    ///
    /// # Errors
    /// [`ConfigError::Unwritable`] for a number TOML cannot hold.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        toml::to_string(self).map_err(|error| ConfigError::Unwritable { message: error.to_string() })
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`ConfigError`] naming the key.
    pub fn check(&self) -> Result<(), ConfigError> {
        RangeError::check_count("train.epochs", self.train.epochs)?;
        if let Some(corruption) = &self.corruption {
            corruption.check()?;
        }
        if let Some(corruption) = &self.hidden_corruption {
            corruption.check().map_err(|error| error.with_prefix("hidden_"))?;
        }
        Ok(self.train.check()?)
    }
}
