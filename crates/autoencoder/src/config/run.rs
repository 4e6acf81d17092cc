//! The configuration of a run: what is read, how it is checked.

use autoencoder_core::{Bernoulli, Loss, RangeError, Seed};
use autoencoder_datasets::ScalingKind;
use autoencoder_models::ModelConfig;
use autoencoder_regularizers::{CorruptionConfig, PenaltyConfig};
use autoencoder_train::{Emphasis, TrainConfig};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::config::data::DataConfig;
use crate::config::defaults::Open;
use crate::config::error::ConfigError;
use crate::config::score::ScoreConfig;
use crate::config::stage::StageConfig;

/// A run as it is written down: one field a table of the file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// What is learned from.
    pub data: DataConfig,
    /// The map from examples to codes and back; absent: a dense one as wide as the data ask for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelConfig>,
    /// The reconstruction loss; absent: what fits the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loss: Option<Loss>,
    /// The noise on the encoder's input in training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub corruption: Option<CorruptionConfig>,
    /// What components that the noise changed count in the loss beside the others; absent: all alike.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emphasis: Option<Emphasis>,
    /// Any number of penalties.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub penalty: Vec<PenaltyConfig>,
    /// How long, how fast, where; of a stack the training of the whole after its stages, of which `epochs = 0` makes none.
    pub train: TrainConfig,
    /// How each layer of a dense model is trained before the whole: one table a layer, or one for all; none: not at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stage: Vec<StageConfig>,
    /// What `ae score` takes for the distance of an example from the normal ones.
    #[serde(skip_serializing_if = "ScoreConfig::is_default")]
    pub score: ScoreConfig,
    /// Which choices are left to the data: those whose keys a file or [`Self::from_toml`] does not say; of a configuration
    /// made in code none but the model.
    #[serde(skip)]
    pub open: Open,
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
        Self::from_table(crate::config::overrides::parse(text, origin)?)
    }

    /// Reads a configuration from parsed TOML.
    ///
    /// # Errors
    /// Those of [`Self::from_toml`], less the syntax.
    pub fn from_table(mut table: Table) -> Result<Self, ConfigError> {
        let open = Open::of(&table);
        // A model without a kind is the default one, changed.
        if let Some(toml::Value::Table(model)) = table.get_mut("model") {
            model.entry("kind").or_insert_with(|| "dense".into());
        }
        // So is an optimiser.
        let optimizer = table.get_mut("train").and_then(|train| train.get_mut("optimizer"));
        if let Some(toml::Value::Table(optimizer)) = optimizer {
            optimizer.entry("kind").or_insert_with(|| "adamw".into());
        }
        let config: Self = serde_path_to_error::deserialize(toml::Value::Table(table.clone()))
            .map_err(|error| ConfigError::from_serde(&error, &table))?;
        Ok(Self { open, ..config })
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
    /// ```
    /// use autoencoder::config::RunConfig;
    ///
    /// let config = RunConfig::from_toml("data.validation = 1.5", "example")?;
    /// assert!(config.check().unwrap_err().to_string().contains("data.validation"));
    /// # Ok::<(), autoencoder::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError`] naming the key, the value and what would fit.
    pub fn check(self) -> Result<CheckedRun, ConfigError> {
        for (key, share) in [("data.validation", self.data.validation), ("data.test", self.data.test)] {
            RangeError::check(key, share, share > 0.0 && share < 1.0, "above 0 and below 1")?;
        }
        if let Some(examples) = self.data.examples {
            RangeError::check("data.examples", examples as f64, examples >= 3, "of at least 3")?;
        }
        for size in self.data.shape.iter().flatten() {
            RangeError::check_count("data.shape", *size)?;
        }
        self.model.iter().try_for_each(ModelConfig::check)?;
        self.loss.iter().try_for_each(Loss::check_numbers)?;
        if let Some(corruption) = &self.corruption {
            corruption.check()?;
        }
        self.emphasis.iter().try_for_each(Emphasis::check)?;
        for (index, penalty) in self.penalty.iter().enumerate() {
            penalty.check().map_err(|source| ConfigError::Penalty { index, source })?;
        }
        RangeError::check_count("score.members", self.score.members)?;
        self.train.check()?;
        StageConfig::check_all(&self.stage, &self.model(), &self.train)?;
        Ok(CheckedRun(self))
    }

    /// The configuration of a further member of an ensemble, counted from 2: another seed, the same data.
    pub fn of_member(&self, number: usize) -> Self {
        let mut config = self.clone();
        config.score.members = 1;
        config.data.seed.get_or_insert(self.train.seed);
        // A number that TOML can hold; two ensembles of seeds side by side share no member.
        config.train.seed = Seed::new(self.train.seed).stream("member").at(number as u64).value() >> 1;
        config
    }

    /// The seed of everything about the data: which examples, which part each is in, which bits.
    pub(crate) fn data_seed(&self) -> Seed {
        Seed::new(self.data.seed.unwrap_or(self.train.seed)).stream("data")
    }

    /// The model; that of no particular data where it is left to them.
    pub fn model(&self) -> ModelConfig {
        self.model.clone().unwrap_or_default()
    }

    /// The loss; that of pixels where it is left to the data.
    pub fn loss(&self) -> Loss {
        self.loss.unwrap_or(Loss::Bernoulli(Bernoulli {}))
    }

    /// The scaling; that of pixels where it is left to the data.
    pub fn scaling(&self) -> ScalingKind {
        self.data.scaling.unwrap_or_default()
    }
}
