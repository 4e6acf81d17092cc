//! `ae train`: from a configuration to a run folder.

use autoencoder_datasets::DataFolder;

use crate::config::run::CheckedRun;
use crate::error::Error;
use crate::run::folder::{Place, RunFolder};
use crate::training::session::Session;
use crate::training::single::{TrainReport, begin, go_on};

/// Trains from the start into a new run folder, and the further members of its ensemble into `members/2` and so on in it.
/// Nothing is written before the configuration, the device, the data, the model and its size have been found to fit.
///
/// # Errors
/// Whatever does not fit, [`Error::RunExists`], or what stopped the training.
pub fn train(
    run: &CheckedRun,
    place: impl Into<Place>,
    data: &DataFolder,
    session: &Session,
) -> Result<TrainReport, Error> {
    let first = begin(run, &place.into(), data, session)?;
    with_members(first, None, data, session)
}

/// Continues the run in `folder` from its last whole checkpoint, with its own configuration, and then its members. `epochs`
/// makes it longer (or shorter), where its steps do not depend on their number.
///
/// # Errors
/// [`Error::NothingToResume`], [`Error::RunBusy`], [`Error::ConfigChanged`], [`Error::CannotExtend`], or those of
/// [`train`].
pub fn resume(
    folder: &RunFolder,
    epochs: Option<usize>,
    data: &DataFolder,
    session: &Session,
) -> Result<TrainReport, Error> {
    let first = go_on(folder, epochs, data, session)?;
    with_members(first, epochs, data, session)
}

/// The report of an ensemble whose first member has that one: the others are trained, or trained on, until one is interrupted.
fn with_members(
    first: TrainReport,
    epochs: Option<usize>,
    data: &DataFolder,
    session: &Session,
) -> Result<TrainReport, Error> {
    let run = RunFolder::new(&first.run);
    let members = if first.is_complete { run.config()?.score.members } else { 1 };
    for number in 2..=members {
        let member = run.member(number);
        let report = if member.config().is_ok() {
            go_on(&member, epochs, data, session)?
        } else {
            let config = run.config()?.of_member(number).check()?;
            begin(&config, &Place::Folder(member), data, session)?
        };
        if !report.is_complete {
            return Ok(TrainReport { is_complete: false, ..first });
        }
    }
    Ok(first)
}
