//! One training into one run folder.

use std::path::PathBuf;

use autoencoder_core::Autoencoder as _;
use autoencoder_datasets::{DataFolder, Listener, Progress};
use autoencoder_eval::Evaluation;
use autoencoder_models::Model;
use autoencoder_train::{Checkpoints, Fitted, Keep, Start, Stopped};
use serde::Serialize;

use crate::config::run::{CheckedRun, RunConfig};
use crate::config::{overrides, table};
use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::scorer::Scorer;
use crate::pictures;
use crate::run::folder::{Place, RunFolder};
use crate::training::beginning::{Beginning, Task};
use crate::training::evaluation::{evaluate_trained, write_evaluation};
use crate::training::prepared::{Prepared, Watch};
use crate::training::session::{Session, word};
use crate::training::stack::{Pretrained, Stack};

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
    /// Whether it, and every member of its ensemble, was trained to its end.
    #[serde(skip)]
    pub is_complete: bool,
}

impl TrainReport {
    /// Of a training that was interrupted before an epoch of the whole had ended.
    fn interrupted(folder: &RunFolder, layer: Option<usize>) -> Self {
        let stopped = word(Stopped::Interrupted);
        Self {
            run: folder.path().to_owned(),
            epochs: 0,
            best_epoch: None,
            stopped,
            layer,
            evaluation: None,
            is_complete: false,
        }
    }
}

/// Trains from the start into a new run folder.
///
/// # Errors
/// Whatever does not fit, [`Error::RunExists`], or what stopped the training.
pub(crate) fn begin(
    run: &CheckedRun,
    place: &Place,
    data: &DataFolder,
    session: &Session,
) -> Result<TrainReport, Error> {
    if let Place::Folder(folder) = place {
        folder.check_unused()?;
    }
    let prepared = Prepared::new(Parts::open(run.config(), data)?)?;
    Stack::new(&prepared.parts)?;
    let (folder, _lock) = RunFolder::begin(place, &prepared.parts.config, &prepared.parts.card)?;
    carry_out(prepared, &folder, data.listener(), session, Start::New)
}

/// Continues a run from its last whole checkpoint.
///
/// # Errors
/// [`Error::NothingToResume`], [`Error::RunBusy`], [`Error::ConfigChanged`], [`Error::CannotExtend`], or those of
/// [`begin`].
pub(crate) fn go_on(
    folder: &RunFolder,
    epochs: Option<usize>,
    place: &DataFolder,
    session: &Session,
) -> Result<TrainReport, Error> {
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
        Some(scaling) => Parts::of_run(config, data.as_ref(), scaling, place)?,
        None => Parts::open(config, place)?,
    };
    let prepared = Prepared::new(parts)?;
    if config.train.epochs != before.train.epochs {
        check_extensible(&prepared, folder)?;
    }
    folder.write_config(&prepared.parts.config)?;
    if data.is_none() {
        folder.write_facts(&prepared.parts.config.train.device.to_string(), &prepared.parts.card)?;
    }
    carry_out(prepared, folder, place.listener(), session, Start::Resumed)
}

/// The dotted key of the first difference that changes what is trained: the number of epochs and the device
/// are looked at elsewhere.
fn first_difference(now: &RunConfig, before: &RunConfig) -> Result<Option<String>, Error> {
    let mut now = now.clone();
    now.train.epochs = before.train.epochs;
    now.train.device.clone_from(&before.train.device);
    let of = |config: &RunConfig| overrides::parse(&config.to_toml()?, "config.toml");
    Ok(table::first_difference(&of(&now)?, &of(before)?))
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

/// Trains the layers of a stack, where the run is one, and makes the model of them; the number of the layer that it was
/// interrupted in.
fn pretrain(prepared: &mut Prepared, folder: &RunFolder, session: &Session) -> Result<Option<usize>, Error> {
    let Some(stack) = Stack::new(&prepared.parts)? else { return Ok(None) };
    let of = prepared.parts.config.stages(prepared.parts.shape.features()).len();
    let begun = |number, epochs| {
        let layer = Beginning::of(prepared, folder, Task::Layer { number, of });
        session.tell(&Beginning { epochs, ..layer });
    };
    match stack.train(folder, session, &begun)? {
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
    listener: &Listener,
    session: &Session,
    start: Start,
) -> Result<TrainReport, Error> {
    // The weights that the layers ended with are needed only until the whole has a checkpoint.
    if (start == Start::New || Checkpoints::new(folder.file("checkpoints")).last().is_none())
        && let Some(layer) = pretrain(&mut prepared, folder, session)?
    {
        return Ok(TrainReport::interrupted(folder, Some(layer)));
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
        display: session.display(),
        interrupter: session.interrupter().clone(),
        begun: Box::new(|| session.tell(&Beginning::of(prepared, folder, Task::Reconstruct))),
        keep: Keep { save: Box::new(keep), load: Box::new(load) },
    };
    let Fitted { model, history, best_epoch, stopped } = prepared.fit(folder.path(), start, watch)?;
    let trained = prepared.trained(model, best_epoch)?;
    folder.write_model(&autoencoder_models::safetensors::save(&trained.model)?, &trained.card)?;
    let (epochs, stopped_by) = (history.epochs.len(), word(stopped));
    let unfinished = TrainReport::interrupted(folder, None);
    let mut report = TrainReport { epochs, best_epoch, stopped: stopped_by, ..unfinished };
    if stopped != Stopped::Interrupted {
        listener.tell(Progress::rows("finding out what scores are made from", 0, None));
        Scorer::fit(&trained, &prepared.parts, prepared.parts.config.score.kind)?.write(folder)?;
        listener.tell(Progress::rows("measuring every part, and PCA", 0, None));
        let evaluation = evaluate_trained(&trained, &prepared.parts, 1)?;
        write_evaluation(folder, &evaluation)?;
        pictures::draw(folder, &trained, &prepared.parts, &history, &evaluation)?;
        report.evaluation = Some(evaluation);
        report.is_complete = true;
    }
    Ok(report)
}
