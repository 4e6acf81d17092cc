//! A training of which everything has been found to fit.

use std::path::Path;

use autoencoder_core::{Autoencoder as _, Seed, Source, Support, for_each_chunk};
use autoencoder_datasets::ScalingKind;
use autoencoder_eval::On;
use autoencoder_models::Model;
use autoencoder_train::{
    Display, Fit, Fitted, Interrupter, Keep, ObjectiveSpec, Reconstruction, Start, Stopped, check_penalties,
    fit,
};

use burn::tensor::Tensor;

use crate::config::run::RunConfig;
use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::card::ModelCard;
use crate::model::trained::{BATCH, Trained};
use crate::training::{device_check, memory};

/// Data, a model and an objective that fit each other, the memory and the device.
pub(crate) struct Prepared {
    pub(crate) parts: Parts,
    pub(crate) model: Model,
    pub(crate) objective: ObjectiveSpec,
    /// The bytes that the training takes beside the data, as estimated.
    pub(crate) memory: u64,
}

/// How a training is watched.
pub(crate) struct Watch<'a> {
    pub(crate) display: Display,
    pub(crate) interrupter: Interrupter,
    pub(crate) begun: Box<dyn FnOnce() + 'a>,
    pub(crate) keep: Keep<'a, Model>,
}

impl Watch<'_> {
    /// Nobody watches.
    pub(crate) fn nobody() -> Self {
        Self {
            display: Display::Quiet,
            interrupter: Interrupter::new(),
            begun: Box::new(|| ()),
            keep: Keep::nowhere(),
        }
    }
}

impl Prepared {
    /// Checks everything that is known before the first step.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn new(parts: Parts) -> Result<Self, Error> {
        let config = &parts.config;
        let device = config.train.device.first()?;
        config.loss().check(parts.train.as_ref())?;
        config.loss().check(parts.validation.as_ref())?;
        check_corruption(config, parts.train.as_ref())?;
        let memory = memory::check(config, &config.model(), parts.shape)?;
        let seed = Seed::new(config.train.seed).stream("initialisation");
        let mut model = config.model().init(parts.shape, seed, &device)?;
        if config.model().has_linear_path()
            && let Some(pca) = parts.pca()?
        {
            model = model.with_linear_solution(&pca);
        }
        if config.scaling() == ScalingKind::Binary && config.loss().density() == Some(Support::Bits) {
            let log_odds = log_odds(parts.train.as_ref())?;
            model = model.with_output_bias(Tensor::from_floats(log_odds.as_slice(), &device));
        }
        device_check::verify(&config.train.device, &model, &config.loss(), config.train.batch_size)?;
        let objective = objective(config);
        check_penalties(&model, &objective, parts.train.as_ref())?;
        Ok(Self { parts, model, objective, memory })
    }

    /// What is kept beside the weights of that epoch.
    pub(crate) fn card(&self, best_epoch: Option<usize>) -> ModelCard {
        ModelCard {
            format: ModelCard::FORMAT,
            toolkit: env!("CARGO_PKG_VERSION").to_owned(),
            model: self.parts.config.model(),
            shape: self.parts.shape,
            code_size: self.model.code_size(),
            loss: self.parts.config.loss(),
            scaling: self.parts.scaling.clone(),
            best_epoch,
        }
    }

    /// Trains to the best epoch; checkpoints and metrics are left in `folder`.
    ///
    /// # Errors
    /// What stopped the training.
    pub(crate) fn fit(&self, folder: &Path, start: Start, watch: Watch<'_>) -> Result<Fitted<Model>, Error> {
        let config = &self.parts.config;
        let goal = Reconstruction::new(self.objective.clone(), config.train.select);
        let (train, validation) = (self.parts.train.clone(), self.parts.validation.clone());
        let fit_as = Fit {
            config: config.train.clone(),
            start,
            display: watch.display,
            interrupter: watch.interrupter,
            begun: watch.begun,
            keep: watch.keep,
            ..Fit::new(goal, train, validation, folder)
        };
        let fitted = fit(self.model.clone(), fit_as)?;
        self.or_start(fitted)
    }

    /// The model before the first step instead of one that is not better by more than chance, where the start counts: a few
    /// rows to validate on find a better epoch among many whether there is one or not.
    fn or_start(&self, fitted: Fitted<Model>) -> Result<Fitted<Model>, Error> {
        let is_another = fitted.best_epoch.is_some_and(|epoch| epoch > 0);
        if fitted.stopped == Stopped::Interrupted || fitted.history.start.is_none() || !is_another {
            return Ok(fitted);
        }
        let device = self.parts.config.train.device.first()?;
        let (loss, validation) = (self.parts.config.loss(), self.parts.validation.as_ref());
        let scores =
            |model| On { model, loss: &loss, batch_size: BATCH, device: &device }.score_samples(validation);
        let (before, after) = (scores(&self.model)?, scores(&fitted.model)?);
        if is_clearly_less(&after, &before) {
            Ok(fitted)
        } else {
            Ok(Fitted { model: self.model.clone(), best_epoch: Some(0), ..fitted })
        }
    }

    /// The model of that epoch with all that is needed to use it.
    ///
    /// # Errors
    /// [`Error::Device`].
    pub(crate) fn trained(&self, model: Model, best_epoch: Option<usize>) -> Result<Trained, Error> {
        Ok(Trained {
            model,
            card: self.card(best_epoch),
            columns: self.parts.card.columns.clone(),
            device: self.parts.config.train.device.first()?,
        })
    }
}

/// The logarithm of how much likelier a 1 is than a 0 in each column of bits, `[features]`: what an output that knows nothing
/// of the example should say (Burda et al. 2016).
fn log_odds(training: &dyn Source) -> Result<Vec<f32>, Error> {
    let features = training.shape().features();
    let mut ones = vec![0.0_f64; features];
    for_each_chunk(training, |_, rows| {
        for row in rows.chunks_exact(features) {
            ones.iter_mut().zip(row).for_each(|(ones, &value)| *ones += f64::from(value));
        }
        Ok::<_, Error>(())
    })?;
    // One of each beside those that there are: no column is certain.
    let count = training.len() as f64;
    Ok(ones.into_iter().map(|ones| ((ones + 1.0) / (count - ones + 1.0)).ln() as f32).collect())
}

/// Refuses noise that writes the ends of a range into examples that have another.
fn check_corruption(config: &RunConfig, training: &dyn Source) -> Result<(), Error> {
    let Some(corruption) = &config.corruption else { return Ok(()) };
    let corruption = corruption.build();
    let Some((low, high)) = corruption.range() else { return Ok(()) };
    let mut is_outside = false;
    for_each_chunk(training, |_, rows| {
        is_outside |= rows.iter().any(|value| !(low - 1e-6..=high + 1e-6).contains(value));
        Ok::<_, Error>(())
    })?;
    if is_outside { Err(Error::NoiseOutOfRange { corruption: corruption.name(), low, high }) } else { Ok(()) }
}

/// Standard errors that a mean must lie below another to be less by more than chance.
const CLEAR: f64 = 1.0;

/// Whether the mean of `these` is less than that of `those` by more than the standard error of their differences.
fn is_clearly_less(these: &[f64], those: &[f64]) -> bool {
    let differences: Vec<f64> = these.iter().zip(those).map(|(these, those)| those - these).collect();
    let count = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / count;
    let variance =
        differences.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    mean > CLEAR * (variance / count).sqrt()
}

fn objective(config: &RunConfig) -> ObjectiveSpec {
    ObjectiveSpec {
        loss: config.loss(),
        corruption: config.corruption.as_ref().map(|corruption| corruption.build().into()),
        emphasis: config.emphasis,
        penalties: config.penalty.iter().map(|penalty| penalty.build().into()).collect(),
        precision: config.train.precision,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_odds_are_those_of_the_shares_of_ones() {
        let rows = autoencoder_core::testing::Rows::new(2, vec![1.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        let found = log_odds(&rows).expect("read");
        assert!((found[0] - (3.0_f32 / 2.0).ln()).abs() < 1e-6 && (found[1] - 0.25_f32.ln()).abs() < 1e-6);
    }

    #[test]
    fn a_mean_is_clearly_less_only_beyond_the_error_of_the_differences() {
        // Differences of mean 1 and deviation 1 among n rows: a standard error of 1 / sqrt(n).
        let those = [4.0, 4.0, 4.0, 4.0];
        assert!(is_clearly_less(&[2.0, 3.0, 4.0, 3.0], &those), "1 against 0.41");
        // One row alone makes the mean: 0.5 against 0.5.
        assert!(!is_clearly_less(&[2.0, 4.0, 4.0, 4.0], &those));
        assert!(!is_clearly_less(&those, &those));
        assert!(!is_clearly_less(&[5.0, 6.0, 5.0, 5.0], &those));
    }
}
