//! Choices that a configuration leaves open, made from the data.

use autoencoder_core::{
    Bernoulli, DataError, Domain, GaussianNoise, Loss, Source, SquaredError, for_each_chunk,
};
use autoencoder_datasets::ScalingKind;
use autoencoder_models::ModelConfig;

use crate::config::defaults::{DataFacts, Open};
use crate::config::run::RunConfig;

/// The standard deviation of a feature about its reconstruction in a variational model that is not told one, in units of the
/// feature's own.
const SIGMA: f64 = 0.5;

impl RunConfig {
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
        let domain = self.loss.map(|loss| loss.domain());
        let scaling = self.data.scaling.unwrap_or(match (domain, range) {
            (Some(Domain::Unit(_)), _) => ScalingKind::Unit,
            (Some(Domain::Simplex(_)), _) => ScalingKind::None,
            (_, Some(_)) => ScalingKind::Unit,
            (_, None) => ScalingKind::Standardise,
        });
        let in_unit = match scaling {
            ScalingKind::Unit | ScalingKind::Binary => true,
            ScalingKind::Standardise | ScalingKind::Robust => false,
            ScalingKind::None => range.is_some_and(|(low, high)| low >= 0.0 && high <= 1.0),
        };
        let facts = DataFacts { shape: source.shape(), rows: source.len(), score: self.score.kind };
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
