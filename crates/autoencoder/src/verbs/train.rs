//! `ae train`: from a configuration to a run folder.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use autoencoder_core::{Autoencoder as _, ExampleShape, device};
use autoencoder_datasets::{DataFolder, Progress};
use autoencoder_eval::Evaluation;
use autoencoder_models::Model;
use autoencoder_train::{Checkpoints, Display, EpochRecord, Fitted, Interrupter, Keep, Stopped};
use serde::Serialize;

use super::evaluate::{evaluate_trained, write_evaluation};
use crate::data::Parts;
use crate::prepared::{Prepared, Watch};
use crate::run_folder::Place;
use crate::scorer::Scorer;
use crate::stack::{self, Pretrained, Stack};
use crate::{CheckedRun, Error, RunConfig, RunFolder, pictures};

/// What is called with each epoch's record.
type OnEpoch = Box<dyn FnMut(&EpochRecord) + Send>;

/// How training shows itself to whoever started it.
pub enum Show {
    /// A call with each epoch's record.
    Epochs(OnEpoch),
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
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub run: PathBuf,
    /// The data set or file.
    pub source: String,
    /// The numbers of training, validation and test examples.
    pub examples: [usize; 3],
    /// The shape of one.
    pub shape: ExampleShape,
    /// What the columns of a table are taken for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<ColumnCounts>,
    /// The kind of model, and its code units.
    pub model: (&'static str, usize),
    /// The scaling.
    pub scaling: &'static str,
    /// The loss.
    pub loss: &'static str,
    /// The corruption, if there is one.
    pub corruption: Option<&'static str>,
    /// The share of the values of the validation and test parts that lie outside of the range of the training part.
    pub outside: f64,
    /// What is learned.
    pub task: Task,
    /// The units of the model's hidden layers, or the channels of its stages, input side first.
    pub layers: Vec<usize>,
    /// Whether the model starts as PCA.
    pub starts_as_pca: bool,
    /// The most epochs.
    pub epochs: usize,
    /// Passes over the training part in each.
    pub passes: usize,
    /// The time after which none begins, in seconds.
    pub max_seconds: Option<f64>,
    /// Examples a step.
    pub batch_size: usize,
    /// The bytes that weights, gradients, the optimiser, the layers' outputs and PCA take beside the data, as estimated; of a
    /// classifier none are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Where it is computed.
    pub device: String,
}

/// What the columns of a table are taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnCounts {
    /// How many hold numbers.
    pub numbers: usize,
    /// How many hold words.
    pub words: usize,
    /// Those that are left out without having been asked to be: the number of the row.
    pub left_out: Vec<String>,
}

impl ColumnCounts {
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let columns = parts.card.columns.as_deref()?;
        let words = columns.iter().filter(|column| !column.words.is_empty()).count();
        Some(Self { numbers: columns.len() - words, words, left_out: parts.left_out.clone() })
    }
}

/// What a training learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Task {
    /// To reconstruct the examples.
    Reconstruct,
    /// To reconstruct the codes of the layer below, in one layer of a stack, counted from 1.
    Layer {
        /// Which.
        number: usize,
        /// Of how many.
        of: usize,
    },
    /// To tell classes apart.
    Classify {
        /// How many.
        classes: usize,
    },
    /// To tell a number.
    Regress,
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
        if let Some(ColumnCounts { numbers, words, left_out }) = &self.columns {
            write!(f, "; {numbers} columns of numbers, {words} of words")?;
            if !left_out.is_empty() {
                write!(f, ", {} left out as the number of the row", left_out.join(", "))?;
            }
        }
        match self.task {
            Task::Reconstruct => {}
            Task::Layer { number, of } => write!(f, "; layer {number} of {of}")?,
            Task::Regress => write!(f, "; a regressor on its encoder")?,
            Task::Classify { classes } => write!(f, "; a classifier of {classes} classes on its encoder")?,
        }
        if self.task == Task::Reconstruct {
            self.write_plan(f)?;
        }
        if self.outside > 0.0 {
            write!(
                f,
                "; {:.2} % of the validation and test values lie outside of the range of the training part",
                100.0 * self.outside
            )?;
        }
        if device::is_gpu(&self.device) {
            write!(f, "; on {}, whose first steps wait while kernels are tried out", self.device)?;
        }
        Ok(())
    }
}

impl Beginning {
    /// What the model is made of, and how long it is trained at most.
    fn write_plan(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.layers.is_empty() {
            write!(f, ", layers {:?}", self.layers)?;
        }
        if self.starts_as_pca {
            write!(f, ", starts as PCA")?;
        }
        write!(f, "; at most {} epochs of ", self.epochs)?;
        match self.passes {
            1 => write!(f, "one pass")?,
            passes => write!(f, "{passes} passes")?,
        }
        write!(f, " in batches of {}", self.batch_size)?;
        match self.max_seconds {
            Some(seconds) => write!(f, ", and {seconds:.0} s"),
            None => Ok(()),
        }
    }
}

/// What a training ended with.
#[derive(Clone, Debug, Serialize)]
pub struct TrainReport {
    /// The run folder.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub run: PathBuf,
    /// Complete epochs.
    pub epochs: usize,
    /// The epoch of the model.
    pub best_epoch: Option<usize>,
    /// `finished`, `early` or `interrupted`.
    pub stopped: &'static str,
    /// The layer of a stack, from 1, that it was interrupted in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// Errors on every part, PCA beside them; absent where training was interrupted.
    pub evaluation: Option<Evaluation>,
}

impl TrainReport {
    /// Of a training that was interrupted before an epoch of the whole had ended.
    fn interrupted(folder: &RunFolder, layer: Option<usize>) -> Self {
        let stopped = word(Stopped::Interrupted);
        Self { run: folder.path().to_owned(), epochs: 0, best_epoch: None, stopped, layer, evaluation: None }
    }
}

/// How several trainings, one after the other, show themselves.
#[derive(Clone)]
pub(crate) enum Shown {
    Epochs(Arc<Mutex<OnEpoch>>),
    Dashboard,
}

impl From<Show> for Shown {
    fn from(show: Show) -> Self {
        match show {
            Show::Epochs(on_epoch) => Self::Epochs(Arc::new(Mutex::new(on_epoch))),
            Show::Dashboard => Self::Dashboard,
        }
    }
}

impl Shown {
    /// The display of one of them.
    pub(crate) fn display(&self) -> Display {
        match self {
            Self::Epochs(on_epoch) => {
                let on_epoch = Arc::clone(on_epoch);
                Display::Epochs(Box::new(move |record| {
                    if let Ok(mut on_epoch) = on_epoch.lock() {
                        on_epoch(record);
                    }
                }))
            }
            Self::Dashboard => Display::Dashboard,
        }
    }
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
    Stack::new(&prepared.parts)?;
    let (folder, _lock) = RunFolder::begin(&place, &prepared.parts.config, &prepared.parts.card)?;
    carry_out(prepared, &folder, session, false)
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
        check_extensible(&prepared, folder)?;
    }
    folder.write_config(&prepared.parts.config)?;
    if data.is_none() {
        folder.write_facts(&prepared.parts.config.train.device, &prepared.parts.card)?;
    }
    carry_out(prepared, folder, session, true)
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

/// Refuses to change the number of epochs where a step's rate or weights depend on it.
fn check_extensible(prepared: &Prepared, folder: &RunFolder) -> Result<(), Error> {
    let key = if prepared.parts.config.train.schedule.depends_on_epochs() {
        "train.schedule"
    } else if prepared.objective.settled() > 0.0 {
        "the weight of a penalty"
    } else if prepared.model.settled() > 0.0 {
        "model.warm_up"
    } else {
        return Ok(());
    };
    Err(Error::CannotExtend { path: folder.path().to_owned(), key })
}

pub(crate) fn beginning(prepared: &Prepared, folder: &RunFolder, task: Task) -> Beginning {
    let Parts { config, shape, card, outside, .. } = &prepared.parts;
    Beginning {
        run: folder.path().to_owned(),
        source: config.data.source.clone(),
        examples: [card.train, card.validation, card.test],
        shape: *shape,
        columns: ColumnCounts::of(&prepared.parts),
        model: (config.model().name(), prepared.model.code_size()),
        scaling: config.scaling().name(),
        loss: config.loss().name(),
        corruption: config.corruption.as_ref().map(|corruption| corruption.name()),
        outside: *outside,
        task,
        layers: config.model().layers(),
        starts_as_pca: config.model().has_linear_path() && config.train.count_start == Some(true),
        epochs: config.train.epochs,
        passes: config.train.passes,
        max_seconds: config.train.max_seconds,
        batch_size: config.train.batch_size,
        memory: Some(prepared.memory),
        device: config.train.device.clone(),
    }
}

/// How a training ended, in a word.
pub(crate) fn word(stopped: Stopped) -> &'static str {
    match stopped {
        Stopped::Finished => "finished",
        Stopped::Early => "early",
        Stopped::OutOfTime => "out-of-time",
        Stopped::Interrupted => "interrupted",
    }
}

/// Trains the layers of a stack, where the run is one, and makes the model of them; the number of the layer that it was
/// interrupted in.
fn pretrain(
    prepared: &mut Prepared,
    folder: &RunFolder,
    shown: &Shown,
    interrupter: &Interrupter,
    begun: &mut dyn FnMut(&Beginning),
) -> Result<Option<usize>, Error> {
    let Some(stack) = Stack::new(&prepared.parts)? else { return Ok(None) };
    let of = prepared.parts.config.stages(prepared.parts.shape.features()).len();
    let mut begun = |number, epochs| {
        begun(&Beginning { epochs, ..beginning(prepared, folder, Task::Layer { number, of }) });
    };
    let watch = stack::Watch { display: &|| shown.display(), interrupter, begun: &mut begun };
    match stack.train(folder, watch)? {
        Pretrained::Stacked(model) => {
            prepared.model = *model;
            Ok(None)
        }
        Pretrained::Interrupted(layer) => Ok(Some(layer)),
    }
}

fn carry_out(
    mut prepared: Prepared,
    folder: &RunFolder,
    session: Session<'_>,
    resume: bool,
) -> Result<TrainReport, Error> {
    let shown = Shown::from(session.show);
    // The weights that the layers ended with are needed only until the whole has a checkpoint.
    if !resume || Checkpoints::new(folder.file("checkpoints")).last().is_none() {
        let begun = &mut *session.begun;
        if let Some(layer) = pretrain(&mut prepared, folder, &shown, &session.interrupter, begun)? {
            return Ok(TrainReport::interrupted(folder, Some(layer)));
        }
    }
    let prepared = &prepared;
    let keep = |model: &Model, epoch| {
        let weights = autoencoder_models::safetensors::save(model)?;
        folder.write_model(&weights, &prepared.card(Some(epoch)))?;
        Ok(())
    };
    let load = |template: Model, epoch| {
        let (weights, card) = folder.read_model().ok()?;
        let is_it = card.best_epoch == Some(epoch);
        is_it.then(|| autoencoder_models::safetensors::load(template, &weights).ok()).flatten()
    };
    let watch = Watch {
        display: shown.display(),
        interrupter: session.interrupter,
        begun: Box::new(|| (session.begun)(&beginning(prepared, folder, Task::Reconstruct))),
        keep: Keep { save: Box::new(keep), load: Box::new(load) },
    };
    let Fitted { model, history, best_epoch, stopped } = prepared.fit(folder.path(), resume, watch)?;
    let trained = prepared.trained(model, best_epoch)?;
    folder.write_model(&autoencoder_models::safetensors::save(&trained.model)?, &trained.card)?;
    let (epochs, stopped_by) = (history.epochs.len(), word(stopped));
    let unfinished = TrainReport::interrupted(folder, None);
    let mut report = TrainReport { epochs, best_epoch, stopped: stopped_by, ..unfinished };
    if stopped != Stopped::Interrupted {
        (session.fetching)(Progress::rows("finding out what scores are made from", 0, None));
        Scorer::fit(&trained, &prepared.parts, prepared.parts.config.score.kind)?.write(folder)?;
        (session.fetching)(Progress::rows("measuring every part, and PCA", 0, None));
        let evaluation = evaluate_trained(&trained, &prepared.parts, 1)?;
        write_evaluation(folder, &evaluation)?;
        pictures::draw(folder, &prepared.parts.config, &trained, &prepared.parts, &history, &evaluation)?;
        report.evaluation = Some(evaluation);
    }
    Ok(report)
}
