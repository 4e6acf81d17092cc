//! The configuration of a run: what is read, how it is checked.

use autoencoder_core::{
    Bernoulli, DataError, GaussianNoise, Loss, OutputActivation, RangeError, Seed, Source, SquaredError,
    for_each_chunk,
};
use autoencoder_datasets::{Missing, ScalingKind, Unlabelled};
use autoencoder_models::ModelConfig;
use autoencoder_regularizers::{CorruptionConfig, PenaltyConfig};
use autoencoder_train::{Emphasis, TrainConfig};
use serde::{Deserialize, Serialize};
use toml::Table;

use crate::defaults::{Facts, Open};
use crate::{ConfigError, StageConfig};

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

/// The `[score]` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreConfig {
    /// Which distance.
    pub kind: ScoreKind,
    /// How many models are trained on the same data, each with a seed of its own; a score is the mean of theirs.
    pub members: usize,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        Self { kind: ScoreKind::default(), members: 1 }
    }
}

impl ScoreConfig {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Distances of an example from the normal ones. A variational model scores by its negative evidence lower bound, which
/// holds both distances, whatever is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreKind {
    /// The squared error of the reconstruction: the distance from the manifold.
    #[default]
    Reconstruction,
    /// The mean distance of the code to the nearest codes of the training part, which grows along the manifold as well, and
    /// that: the sum of what each exceeds those of held-out rows by ([`autoencoder_eval::Excess`]).
    Neighbours,
    /// Of pictures: the mean distance of the oddest patches, of three sizes where the picture is large enough, to the nearest
    /// patches of the training part, and the squared error, summed alike; of other rows the squared error alone.
    Patches,
    /// That of [`Self::Neighbours`], and the mean distance of the row to the nearest rows of the training part, their columns seen in three ways
    /// ([`autoencoder_eval::View`]), summed alike.
    Combined,
}

/// The `[data]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// A data set by name, or a path.
    pub source: String,
    /// How the values are scaled, fitted on the training part alone; absent: what fits the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingKind>,
    /// The share of the training examples kept for validation, in `(0, 1)`.
    pub validation: f64,
    /// The share kept for the test where the data have no test part of their own, in `(0, 1)`.
    pub test: f64,
    /// Take only that many examples, or generate that many; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<usize>,
    /// The columns of a table that are not learned from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// The column of a table that names the class of each row, which is not learned from either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The class that is learned from, by its label's word or number; rows of others take no part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normal_only: Option<String>,
    /// What becomes of a cell of a table that has no value: `refuse`; `mean`, the column's in the training part;
    /// `indicator`, the mean and a feature that says which were missing.
    #[serde(skip_serializing_if = "is_default")]
    pub missing: Missing,
    /// The columns of a table whose numbers are codes, each of which is a word.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Whether the first row of a table names its columns; absent: what it looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What becomes of a row of a table whose label has no value: `refuse`, `leave-out`.
    #[serde(skip_serializing_if = "is_default")]
    pub unlabelled: Unlabelled,
    /// Where values are probabilities of bits (`scaling = "binary"`): whether those that are learned from are drawn `anew` in
    /// each epoch, or are `fixed`.
    #[serde(skip_serializing_if = "is_default")]
    pub bits: Bits,
    /// `[channels, height, width]` of images that a file holds as flat rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<[usize; 3]>,
    /// The seed of which examples there are and which part each is in; absent: that of the training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// The standard deviation of a feature about its reconstruction in a variational model that is not told one, in units of the
/// feature's own.
const SIGMA: f64 = 0.5;

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// When the bits of the training part are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bits {
    /// In each epoch, from the run's seed, the epoch and the row: as Burda et al. 2016 measure.
    #[default]
    Anew,
    /// Once.
    Fixed,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            source: "strokes".to_owned(),
            scaling: None,
            validation: 0.1,
            test: 0.1,
            examples: None,
            drop: Vec::new(),
            label: None,
            normal_only: None,
            missing: Missing::Refuse,
            words: Vec::new(),
            header: None,
            unlabelled: Unlabelled::Refuse,
            bits: Bits::Anew,
            shape: None,
            seed: None,
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
        self.check_stages()?;
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

    /// The same with every choice made that was left to the data. Values with a natural range (bytes, or all
    /// in `[0, 1]`) are scaled to `[0, 1]`, others are standardised. A model that starts as PCA is compared by squared
    /// error, another one on values in `[0, 1]` by cross-entropy; what the configuration says of scaling or loss decides the
    /// other.
    pub fn resolved(self, source: &dyn Source) -> Self {
        self.resolved_with(source, source.value_range())
    }

    /// [`Self::resolved`] for all examples, of which those of `training` are learned from: how far values reach is theirs to
    /// say.
    ///
    /// # Errors
    /// What reading says.
    pub(crate) fn resolved_for(self, source: &dyn Source, training: &dyn Source) -> Result<Self, DataError> {
        let mut is_unit = source.value_range().is_none() && source.origin().is_none();
        if is_unit {
            let lies_within = |value: &f32| value.is_nan() || (0.0..=1.0).contains(value);
            for_each_chunk(training, |_, rows| {
                is_unit = is_unit && rows.iter().all(lies_within);
                Ok::<_, DataError>(())
            })?;
        }
        let range = if is_unit { Some((0.0, 1.0)) } else { source.value_range() };
        Ok(self.resolved_with(source, range))
    }

    fn resolved_with(mut self, source: &dyn Source, range: Option<(f32, f32)>) -> Self {
        let sigmoid = OutputActivation::Sigmoid;
        let scaling = self.data.scaling.unwrap_or(match (self.loss, range) {
            (Some(Loss::Bernoulli(_)), _) => ScalingKind::Unit,
            (Some(Loss::Categorical(_)), _) => ScalingKind::None,
            (
                Some(
                    Loss::SquaredError(SquaredError { output })
                    | Loss::Gaussian(GaussianNoise { output, .. }),
                ),
                _,
            ) if output == sigmoid => ScalingKind::Unit,
            (_, Some(_)) => ScalingKind::Unit,
            (_, None) => ScalingKind::Standardise,
        });
        let in_unit = match scaling {
            ScalingKind::Unit | ScalingKind::Binary => true,
            ScalingKind::Standardise | ScalingKind::Robust => false,
            ScalingKind::None => range.is_some_and(|(low, high)| low >= 0.0 && high <= 1.0),
        };
        let facts = Facts { shape: source.shape(), rows: source.len(), score: self.score.kind };
        let open = match &self.model {
            None if self.stage.is_empty() => {
                Open { architecture: true, code: true, linear: true, ..self.open }
            }
            _ => self.open,
        };
        // A linear path is PCA's where errors are squared; without one, values in [0, 1] are probabilities.
        let squared = Loss::SquaredError(SquaredError::default());
        let is_linear = || facts.model(self.model.clone(), &squared, open).has_linear_path();
        // The bound of a variational model needs a likelihood: of real values a Gaussian about the reconstruction.
        let is_variational = matches!(self.model, Some(ModelConfig::Variational(_)));
        let loss = self.loss.unwrap_or(match in_unit {
            true if scaling == ScalingKind::Binary || !is_linear() => Loss::Bernoulli(Bernoulli {}),
            _ if is_variational => Loss::Gaussian(GaussianNoise { sigma: SIGMA, ..GaussianNoise::default() }),
            _ => squared,
        });
        let model = facts.model(self.model.take(), &loss, open);
        // A model that does not fit says so when it is made.
        let multiplications = model.cost(facts.shape).map_or(0, |cost| cost.multiplications);
        self.train = facts.training(self.train, multiplications, open);
        if model.has_linear_path() {
            self.train.count_start.get_or_insert(true);
        }
        self.data.seed.get_or_insert(self.train.seed);
        (self.data.scaling, self.loss, self.model) = (Some(scaling), Some(loss), Some(model));
        self.open = Open::default();
        self
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::ExampleShape;
    use autoencoder_datasets::Matrix;

    use super::*;

    fn resolved(text: &str, values: Vec<f32>) -> RunConfig {
        let source = Matrix::new(ExampleShape::Flat(6), values).with_natural_range();
        RunConfig::from_toml(text, "test").expect("a configuration").resolved(&source)
    }

    #[test]
    fn what_is_left_open_follows_the_data() {
        let (natural, real) = (vec![0.0, 0.2, 1.0, 0.5, 0.1, 0.9], vec![-3.0, 0.2, 9.0, 0.5, 0.1, 0.9]);
        let of = |text: &str, values: &Vec<f32>| {
            let config = resolved(text, values.clone());
            (config.scaling(), config.loss().name(), config.model.expect("a model"))
        };
        let (scaling, loss, model) = of("", &natural);
        assert_eq!((scaling, loss), (ScalingKind::Unit, "squared-error"));
        let ModelConfig::Dense(model) = model else { panic!("the default is dense") };
        assert_eq!((model.hidden.len(), model.code, model.linear), (1, 3, true));
        // Without PCA beside it, values in [0, 1] are probabilities.
        for without in ["[model]\nlinear = false", "[model]\nhidden = [8]", "[model]\nkind = \"variational\""]
        {
            let (scaling, loss, model) = of(without, &natural);
            assert_eq!((scaling, loss, model.has_linear_path()), (ScalingKind::Unit, "bernoulli", false));
        }
        assert!(!of("[loss]\nkind = \"bernoulli\"", &natural).2.has_linear_path());
        assert!(!of("[model]\ncode = 6", &natural).2.has_linear_path(), "PCA would copy");
        let (scaling, loss, _) = of("", &real);
        assert_eq!((scaling, loss), (ScalingKind::Standardise, "squared-error"));
        let (scaling, loss, _) = of("[data]\nscaling = \"unit\"", &real);
        assert_eq!((scaling, loss), (ScalingKind::Unit, "squared-error"));
        let (scaling, loss, _) = of("[loss]\nkind = \"bernoulli\"", &real);
        assert_eq!((scaling, loss), (ScalingKind::Unit, "bernoulli"));
        let (scaling, loss, _) = of("[data]\nscaling = \"none\"", &real);
        assert_eq!((scaling, loss), (ScalingKind::None, "squared-error"));
        let (scaling, loss, _) = of("[loss]\nkind = \"squared-error\"", &natural);
        assert_eq!((scaling, loss), (ScalingKind::Unit, "squared-error"));
    }

    #[test]
    fn a_length_that_is_not_given_grows_slowly_with_the_rows() {
        let steps = |rows: usize| {
            let train = resolved("", vec![0.5; 6 * rows]).train;
            let of_epoch = (train.passes * rows).div_ceil(train.batch_size);
            assert!(train.early_stopping.is_some() && train.max_seconds.is_some());
            (train.epochs * of_epoch) as f64
        };
        let (few, many) = (steps(130), steps(13_000));
        assert!(few > 1500.0 && many > 1.5 * few && many < 10.0 * few, "{few} {many}");
        let given = resolved("[train]\nepochs = 5", vec![0.5; 600]).train;
        assert_eq!((given.epochs, given.passes, given.early_stopping), (5, 1, None));
    }

    #[test]
    fn a_resolved_configuration_stays_as_it_is_and_has_a_seed_for_its_data() {
        let config = resolved("[train]\nseed = 3", vec![0.0; 6]);
        assert_eq!(config.data.seed, Some(3));
        let text = config.to_toml().expect("TOML");
        assert_eq!(RunConfig::from_toml(&text, "test").expect("read back"), config);
        let other = RunConfig::from_toml(&text, "test").expect("read back");
        let unscaled = Matrix::new(ExampleShape::Flat(2), vec![-9.0, 9.0]);
        assert_eq!(other.resolved(&unscaled), config);
    }

    #[test]
    fn an_optimiser_without_a_kind_is_the_default_one_changed() {
        let config = RunConfig::from_toml("[train.optimizer]\nlearning_rate = 0.5", "test").expect("one");
        let kind = std::mem::discriminant(&config.train.optimizer);
        assert_eq!(kind, std::mem::discriminant(&RunConfig::default().train.optimizer));
        assert_eq!(config.train.optimizer.learning_rate(), 0.5);
    }

    #[test]
    fn a_model_without_a_kind_is_the_default_one_changed() {
        let changed = |kind: &str| {
            let text = format!("[model]\n{kind}code = 2");
            let ModelConfig::Dense(model) = resolved(&text, vec![0.5; 600]).model() else { panic!("{kind}") };
            model
        };
        assert_eq!(changed(""), changed("kind = \"dense\"\n"));
        assert_eq!((changed("").hidden.len(), changed("").code), (1, 2));
    }
}
