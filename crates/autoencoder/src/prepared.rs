//! A training of which everything has been found to fit.

use std::path::Path;

use autoencoder_core::{Autoencoder as _, Seed, device};
use autoencoder_models::Model;
use autoencoder_train::{
    Display, Fit, Fitted, Interrupter, Keep, ObjectiveSpec, Precision, Reconstruction, Select,
    check_penalties, fit,
};

use crate::data::Parts;
use crate::run_folder::ModelCard;
use crate::trained::Trained;
use crate::{Error, RunConfig, device_check, memory};

/// Data, a model and an objective that fit each other, the memory and the device.
pub(crate) struct Prepared {
    pub(crate) parts: Parts,
    pub(crate) model: Model,
    pub(crate) objective: ObjectiveSpec,
}

/// How a training is watched.
pub(crate) struct Watch<'a> {
    pub(crate) display: Display,
    pub(crate) interrupter: Interrupter,
    pub(crate) begun: Box<dyn FnOnce() + 'a>,
    pub(crate) keep: Keep<'a, Model>,
}

impl Prepared {
    /// Checks everything that is known before the first step.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn new(parts: Parts) -> Result<Self, Error> {
        let config = &parts.config;
        let device = device::first(&config.train.device)?;
        config.loss().check(parts.train.as_ref())?;
        config.loss().check(parts.validation.as_ref())?;
        memory::check(config, &config.model(), parts.shape)?;
        let seed = Seed::new(config.train.seed).stream("initialisation");
        let model = config.model().init(parts.shape, seed, &device)?;
        for name in device::names(&config.train.device) {
            device_check::verify(name, &model, &config.loss(), config.train.batch_size)?;
        }
        let objective = objective(config);
        check_penalties(&model, &objective, parts.train.as_ref())?;
        Ok(Self { parts, model, objective })
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
    pub(crate) fn fit(&self, folder: &Path, resume: bool, watch: Watch<'_>) -> Result<Fitted<Model>, Error> {
        let config = &self.parts.config;
        let evaluation = match config.train.select {
            Select::Objective => ObjectiveSpec {
                corruption: None,
                emphasis: None,
                precision: Precision::F32,
                ..objective(config)
            },
            Select::Validation | Select::Last => ObjectiveSpec::plain(config.loss()),
        };
        Ok(fit(
            self.model.clone(),
            Fit {
                config: config.train.clone(),
                goal: Reconstruction { objective: objective(config), evaluation },
                train: self.parts.train.clone(),
                validation: self.parts.validation.clone(),
                folder: folder.to_owned(),
                resume,
                display: watch.display,
                interrupter: watch.interrupter,
                begun: watch.begun,
                keep: watch.keep,
            },
        )?)
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
            device: device::first(&self.parts.config.train.device)?,
        })
    }
}

fn objective(config: &RunConfig) -> ObjectiveSpec {
    ObjectiveSpec {
        loss: config.loss(),
        corruption: config.corruption.as_ref().map(|corruption| corruption.build()),
        emphasis: config.emphasis,
        penalties: config.penalty.iter().map(|penalty| penalty.build()).collect(),
        precision: config.train.precision,
    }
}
