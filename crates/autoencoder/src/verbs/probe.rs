//! `ae probe`: what codes and the input they are of are worth to a simple classifier.

use std::sync::Arc;

use autoencoder_core::device::Devices;
use autoencoder_core::{Seed, Source};
use autoencoder_datasets::{Scaled, Scaling, ScalingKind};
use autoencoder_eval::{Answers, collect, nearest_neighbours};
use autoencoder_train::{
    AdamConfig, Classification, EarlyStopping, Fit, Head, Interrupter, Noise, OptimizerConfig, Precision,
    Predictor as _, TrainConfig, TrainError, fit,
};
use serde::Serialize;

use crate::config::finetune::Target;
use crate::error::Error;
use crate::model::trained::{BATCH, Trained};
use crate::run::open::Run;
use crate::training::labelled::Labelled;

/// What a space is worth to simple classifiers, on the test part.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Probes {
    /// The numbers of an example.
    pub width: usize,
    /// Logistic regression on standardised numbers, by its best epoch on the validation part.
    pub linear: Answers,
    /// The vote of the nearest neighbours in the training part.
    pub neighbours: Answers,
}

/// Codes beside the input that they are of.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Probed {
    /// The number of classes.
    pub classes: usize,
    /// How many neighbours vote.
    pub k: usize,
    /// The codes of the frozen encoder.
    pub codes: Probes,
    /// The scaled input.
    pub input: Probes,
}

impl Run {
    /// Fits a linear probe and one of `k` nearest neighbours to the codes of a run's training part, and to its scaled input.
    /// Of a table the column `label` names the classes.
    ///
    /// # Errors
    /// What loading the model or opening the data says, or that they have no classes.
    pub fn probe(&self, label: Option<&str>, k: usize, interrupter: &Interrupter) -> Result<Probed, Error> {
        let trained = self.trained();
        let label = label.map(str::to_owned);
        let Labelled { parts, classes, .. } = Labelled::open(self, label.as_ref(), Target::Classes)?;
        let input = [&parts.train, &parts.validation, &parts.test].map(Arc::clone);
        let [train, validation, test] = input.each_ref().map(|part| trained.labelled_codes(part));
        let codes = [train?, validation?, test?];
        let probing =
            Probing { device: self.devices(), trained, classes: classes.names.len(), k, interrupter };
        Ok(Probed {
            classes: classes.names.len(),
            k,
            codes: probing.probes(&codes)?,
            input: probing.probes(&input)?,
        })
    }
}

struct Probing<'a> {
    device: &'a Devices,
    trained: &'a Trained,
    classes: usize,
    k: usize,
    interrupter: &'a Interrupter,
}

impl Probing<'_> {
    fn probes(&self, parts: &[Arc<dyn Source>; 3]) -> Result<Probes, Error> {
        let [train, _, test] = parts;
        let neighbours = nearest_neighbours(train.as_ref(), test.as_ref(), self.k, &self.trained.device)?;
        Ok(Probes { width: train.shape().features(), linear: self.linear(parts)?, neighbours })
    }

    /// Logistic regression on what the three parts hold.
    fn linear(&self, parts: &[Arc<dyn Source>; 3]) -> Result<Answers, Error> {
        let scaling = Scaling::fit(ScalingKind::Standardise, parts[0].as_ref(), Seed::new(0))?;
        let [train, validation, test] = parts
            .each_ref()
            .map(|part| -> Arc<dyn Source> { Arc::new(Scaled::new(Arc::clone(part), scaling.clone())) });
        let folder = tempfile::tempdir()
            .map_err(|source| TrainError::Unwritable { path: std::env::temp_dir(), source })?;
        let config = TrainConfig {
            epochs: 40,
            device: self.device.clone(),
            optimizer: OptimizerConfig::Adam(AdamConfig { learning_rate: 2e-3, ..AdamConfig::default() }),
            early_stopping: Some(EarlyStopping { patience: 10, ..EarlyStopping::default() }),
            ..TrainConfig::default()
        };
        let goal = Classification { noise: Noise::default(), precision: Precision::F32 };
        let interrupter = self.interrupter.clone();
        let fit_as = Fit { config, interrupter, ..Fit::new(goal, train.clone(), validation, folder.path()) };
        let head = Head::new(train.shape().features(), self.classes, &self.trained.device);
        let fitted = fit(head, fit_as)?;
        let logits = collect(test.as_ref(), BATCH, &self.trained.device, |x| fitted.model.predict(x))?;
        Ok(Answers::of(&logits, test.labels().unwrap_or_default()))
    }
}
