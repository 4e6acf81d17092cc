//! `ae train`: from a configuration to a run folder.

use std::fmt;
use std::path::PathBuf;

use autoencoder_core::{Autoencoder as _, ExampleShape, Seed, device};
use autoencoder_datasets::{DataFolder, Progress};
use autoencoder_eval::Evaluation;
use autoencoder_models::Model;
use autoencoder_train::{
    Display, EpochRecord, Fit, Fitted, Interrupter, ObjectiveSpec, Select, Stopped, check_penalties, fit,
};
use serde::Serialize;

use super::evaluate::{evaluate_trained, write_evaluation};
use crate::data::Parts;
use crate::run_folder::{ModelCard, Place};
use crate::trained::Trained;
use crate::{CheckedRun, Error, RunConfig, RunFolder, device_check, memory, pictures};

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
    /// Called once before the first step with what is about to be trained on what.
    pub begun: &'a mut dyn FnMut(&Beginning),
    /// Called while a data set is fetched.
    pub fetching: &'a mut dyn FnMut(Progress),
    /// Stops the training when asked to.
    pub interrupter: Interrupter,
}

/// What is about to be trained on what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beginning {
    /// The run folder.
    pub run: PathBuf,
    /// The data set or file.
    pub source: String,
    /// The numbers of training, validation and test examples.
    pub examples: [usize; 3],
    /// The shape of one.
    pub shape: ExampleShape,
    /// The kind of model, and its code units.
    pub model: (&'static str, usize),
    /// The scaling.
    pub scaling: &'static str,
    /// The loss.
    pub loss: &'static str,
    /// The corruption, if there is one.
    pub corruption: Option<&'static str>,
    /// The share of the values of the validation and test parts that the scaling clips.
    pub clipped: f64,
}

impl fmt::Display for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, source, examples: [train, validation, test], shape, model, .. } = self;
        write!(
            f,
            "{}: {source}, {train} + {validation} + {test} examples of {shape}; scaling {}, loss {}, corruption {}; {} model, {} code units",
            run.display(),
            self.scaling,
            self.loss,
            self.corruption.unwrap_or("none"),
            model.0,
            model.1
        )?;
        if self.clipped > 0.0 {
            write!(
                f,
                "; {:.2} % of the validation and test values lie outside the range of the training part and are clipped",
                100.0 * self.clipped
            )?;
        }
        Ok(())
    }
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

/// Trains from the start into a new run folder. Nothing is written before the configuration, the device, the
/// data, the model and its size have been found to fit.
///
/// # Errors
/// Whatever does not fit, [`Error::RunExists`], or what stopped the training.
pub fn train(run: CheckedRun, place: impl Into<Place>, session: Session<'_>) -> Result<TrainReport, Error> {
    let place = place.into();
    if let Place::Folder(folder) = &place {
        folder.check_unused()?;
    }
    let parts = Parts::open(run.config(), &session.data, session.fetching)?;
    let prepared = Prepared::new(parts)?;
    let (folder, _lock) = RunFolder::begin(&place, &prepared.parts.config, &prepared.parts.card)?;
    prepared.run(&folder, session, false)
}

/// Continues the run in `folder` from its last whole checkpoint, with its own configuration. `epochs` makes
/// it longer (or shorter), where its steps do not depend on their number.
///
/// # Errors
/// [`Error::NothingToResume`], [`Error::RunBusy`], [`Error::ConfigChanged`], [`Error::CannotExtend`], or those of
/// [`train`].
pub fn resume(folder: &RunFolder, epochs: Option<usize>, session: Session<'_>) -> Result<TrainReport, Error> {
    let mut config = folder.config()?;
    let _lock = folder.lock()?;
    folder.clean()?;
    let before = folder.trained_with()?.unwrap_or_else(|| config.clone());
    config.train.epochs = epochs.unwrap_or(config.train.epochs);
    if let Some(key) = first_difference(&config, &before)? {
        return Err(Error::ConfigChanged { path: folder.path().to_owned(), key });
    }
    let run = config.check()?;
    let (config, data) = (run.config(), folder.data()?);
    let scaling = match folder.read_model() {
        Ok((_, card)) => Some(card.scaling),
        // Killed before its first epoch: the same data give the same scaling.
        Err(Error::NoRun { .. }) => None,
        Err(error) => return Err(error),
    };
    let parts = match &scaling {
        Some(scaling) => Parts::of_run(config, data.as_ref(), scaling, &session.data, session.fetching)?,
        None => Parts::open(config, &session.data, session.fetching)?,
    };
    let prepared = Prepared::new(parts)?;
    if config.train.epochs != before.train.epochs {
        prepared.check_extensible(folder)?;
    }
    folder.write_config(&prepared.parts.config)?;
    prepared.run(folder, session, true)
}

/// The dotted key of the first difference that changes what is trained: the number of epochs and the device
/// are looked at elsewhere.
fn first_difference(now: &RunConfig, before: &RunConfig) -> Result<Option<String>, Error> {
    let mut now = now.clone();
    now.train.epochs = before.train.epochs;
    now.train.device.clone_from(&before.train.device);
    let table = |config: &RunConfig| crate::overrides::parse(&config.to_toml()?, "config.toml");
    Ok(crate::overrides::first_difference(&table(&now)?, &table(before)?))
}

struct Prepared {
    parts: Parts,
    model: Model,
    objective: ObjectiveSpec,
}

impl Prepared {
    fn new(parts: Parts) -> Result<Self, Error> {
        let config = &parts.config;
        let device = device::by_name(&config.train.device)?;
        config.loss().check(parts.train.as_ref())?;
        config.loss().check(parts.validation.as_ref())?;
        memory::check(config, &config.model(), parts.shape)?;
        let seed = Seed::new(config.train.seed).stream("initialisation");
        let model = config.model().init(parts.shape, seed, &device)?;
        device_check::verify(&config.train.device, &model, &config.loss(), config.train.batch_size)?;
        let objective = objective(config);
        check_penalties(&model, &objective, parts.train.as_ref())?;
        Ok(Self { parts, model, objective })
    }

    /// Refuses to change the number of epochs where a step's rate or weights depend on it.
    fn check_extensible(&self, folder: &RunFolder) -> Result<(), Error> {
        let key = if self.parts.config.train.schedule.depends_on_epochs() {
            "train.schedule"
        } else if self.objective.settled() > 0.0 {
            "the weight of a penalty"
        } else if self.model.settled() > 0.0 {
            "model.warm_up"
        } else {
            return Ok(());
        };
        Err(Error::CannotExtend { path: folder.path().to_owned(), key })
    }

    fn beginning(&self, folder: &RunFolder) -> Beginning {
        let Parts { config, shape, card, clipped, .. } = &self.parts;
        Beginning {
            run: folder.path().to_owned(),
            source: config.data.source.clone(),
            examples: [card.train, card.validation, card.test],
            shape: *shape,
            model: (config.model().name(), self.model.code_size()),
            scaling: config.scaling().name(),
            loss: config.loss().name(),
            corruption: config.corruption.as_ref().map(|corruption| corruption.name()),
            clipped: *clipped,
        }
    }

    fn card(&self, best_epoch: Option<usize>) -> ModelCard {
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

    fn run(self, folder: &RunFolder, session: Session<'_>, resume: bool) -> Result<TrainReport, Error> {
        let config = &self.parts.config;
        let keep = |model: &Model, epoch| {
            let weights = autoencoder_models::safetensors::save(model)?;
            folder.write_model(&weights, &self.card(Some(epoch)))?;
            Ok(())
        };
        let evaluation = match config.train.select {
            Select::Objective => ObjectiveSpec { corruption: None, ..objective(config) },
            Select::Validation | Select::Last => ObjectiveSpec::plain(config.loss()),
        };
        let fitted = fit(
            self.model.clone(),
            Fit {
                config: config.train.clone(),
                objective: objective(config),
                evaluation,
                train: self.parts.train.clone(),
                validation: self.parts.validation.clone(),
                folder: folder.path().to_owned(),
                resume,
                display: match session.show {
                    Show::Epochs(on_epoch) => Display::Epochs(on_epoch),
                    Show::Dashboard => Display::Dashboard,
                },
                interrupter: session.interrupter,
                begun: Box::new(|| (session.begun)(&self.beginning(folder))),
                keep: Box::new(keep),
            },
        )?;
        let Fitted { model, history, best_epoch, stopped } = fitted;
        let card = self.card(best_epoch);
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
            let (columns, device) = (self.parts.card.columns.clone(), device::by_name(&config.train.device)?);
            let trained = Trained { model, card, columns, device };
            let evaluation = evaluate_trained(&trained, &self.parts, 1)?;
            write_evaluation(folder, &evaluation)?;
            pictures::draw(folder, config, &trained, &self.parts, &history, &evaluation)?;
            report.evaluation = Some(evaluation);
        }
        Ok(report)
    }
}

fn objective(config: &RunConfig) -> ObjectiveSpec {
    ObjectiveSpec {
        loss: config.loss(),
        corruption: config.corruption.as_ref().map(|corruption| corruption.build()),
        penalties: config.penalty.iter().map(|penalty| penalty.build()).collect(),
    }
}
