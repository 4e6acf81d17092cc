//! `ae train`: from a configuration to a run folder.

use std::path::PathBuf;

use autoencoder_core::{Autoencoder as _, Seed, device};
use autoencoder_datasets::{DataFolder, Progress};
use autoencoder_eval::Evaluation;
use autoencoder_models::Model;
use autoencoder_train::{Display, EpochRecord, Fit, Fitted, Interrupter, ObjectiveSpec, Stopped, fit};
use serde::Serialize;

use super::evaluate::{evaluate_trained, write_evaluation};
use crate::data::Parts;
use crate::pictures;
use crate::run_folder::ModelCard;
use crate::trained::Trained;
use crate::{CheckedRun, Error, RunConfig, RunFolder};

/// How training shows itself to whoever started it.
pub enum Show {
    /// A call with each epoch's record.
    Epochs(Box<dyn FnMut(&EpochRecord) + Send>),
    /// The dashboard, on the terminal.
    Dashboard,
}

/// What a training needs from the place it runs in.
pub struct Session<'a> {
    /// Where data sets are looked for.
    pub data: DataFolder,
    /// How it shows itself.
    pub show: Show,
    /// Called while a data set is fetched.
    pub fetching: &'a mut dyn FnMut(Progress),
    /// Stops the training when asked to.
    pub interrupter: Interrupter,
}

/// What a training ended with.
#[derive(Clone, Debug, Serialize)]
pub struct TrainReport {
    /// The run folder.
    pub run: PathBuf,
    /// Complete epochs.
    pub epochs: usize,
    /// The epoch of the model.
    pub best_epoch: Option<usize>,
    /// `finished`, `early` or `interrupted`.
    pub stopped: &'static str,
    /// Errors on every part, PCA beside them; absent where training was interrupted.
    pub evaluation: Option<Evaluation>,
}

/// Trains from the start into `folder`, which must be empty or missing. Nothing is written before
/// the configuration, the device, the data and the model have been found to fit.
///
/// # Errors
/// Whatever does not fit, [`Error::RunExists`], or what stopped the training.
pub fn train(run: CheckedRun, folder: &RunFolder, session: Session<'_>) -> Result<TrainReport, Error> {
    folder.check_unused()?;
    let config = run.config();
    let prepared = Prepared::new(config, &session.data, session.fetching)?;
    folder.begin(config)?;
    prepared.run(config, folder, session.show, session.interrupter, false)
}

/// Continues the run in `folder` from its last complete epoch, with its own configuration.
///
/// # Errors
/// [`Error::NothingToResume`], or those of [`train`].
pub fn resume(folder: &RunFolder, session: Session<'_>) -> Result<TrainReport, Error> {
    let run = folder.config()?.check()?;
    let config = run.config();
    let prepared = Prepared::new(config, &session.data, session.fetching)?;
    prepared.run(config, folder, session.show, session.interrupter, true)
}

struct Prepared {
    parts: Parts,
    model: Model,
    objective: ObjectiveSpec,
}

impl Prepared {
    fn new(config: &RunConfig, data: &DataFolder, fetching: &mut dyn FnMut(Progress)) -> Result<Self, Error> {
        let device = device::by_name(&config.train.device)?;
        let parts = Parts::open(config, data, fetching)?;
        config.loss.check(parts.train.as_ref())?;
        config.loss.check(parts.validation.as_ref())?;
        let seed = Seed::new(config.train.seed).stream("initialisation");
        let model = config.model.init(parts.shape, seed, &device)?;
        Ok(Self { parts, model, objective: objective(config) })
    }

    fn run(
        self,
        config: &RunConfig,
        folder: &RunFolder,
        show: Show,
        interrupter: Interrupter,
        resume: bool,
    ) -> Result<TrainReport, Error> {
        let fitted = fit(
            self.model,
            Fit {
                config: config.train.clone(),
                objective: self.objective,
                train: self.parts.train.clone(),
                validation: self.parts.validation.clone(),
                folder: folder.path().to_owned(),
                resume,
                display: match show {
                    Show::Epochs(on_epoch) => Display::Epochs(on_epoch),
                    Show::Dashboard => Display::Dashboard,
                },
                interrupter,
            },
        )?;
        let Fitted { model, history, best_epoch, stopped } = fitted;
        let card = ModelCard {
            format: ModelCard::FORMAT,
            toolkit: env!("CARGO_PKG_VERSION").to_owned(),
            model: config.model.clone(),
            shape: self.parts.shape,
            code_size: model.code_size(),
            loss: config.loss,
            scaling: self.parts.scaling.clone(),
            best_epoch,
        };
        folder.write_model(&autoencoder_models::safetensors::save(&model)?, &card)?;
        let mut report = TrainReport {
            run: folder.path().to_owned(),
            epochs: history.epochs.len(),
            best_epoch,
            stopped: match stopped {
                Stopped::Finished => "finished",
                Stopped::Early => "early",
                Stopped::Interrupted => "interrupted",
            },
            evaluation: None,
        };
        if stopped != Stopped::Interrupted {
            let trained = Trained { model, card, device: device::by_name(&config.train.device)? };
            let (evaluation, _) = evaluate_trained(&trained, &self.parts, 1)?;
            write_evaluation(folder, &evaluation)?;
            pictures::draw(folder, config, &trained, &self.parts, &history, &evaluation)?;
            report.evaluation = Some(evaluation);
        }
        Ok(report)
    }
}

fn objective(config: &RunConfig) -> ObjectiveSpec {
    ObjectiveSpec {
        loss: config.loss,
        corruption: config.corruption.as_ref().map(|corruption| corruption.build()),
        penalties: config.penalty.iter().map(|penalty| penalty.build()).collect(),
    }
}
