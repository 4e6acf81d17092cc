//! The curves of a run as TensorBoard reads them.

use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use autoencoder_report::Scalar;
use autoencoder_train::EpochRecord;

use crate::error::Error;
use crate::run::folder::RunFolder;

/// Writes the objective and its terms, the learning rate and the seconds of each epoch as an event file into `output`.
/// Returns its path.
///
/// # Errors
/// What reading the run's metrics or writing says.
pub fn write_events(folder: &RunFolder, output: &Path) -> Result<PathBuf, Error> {
    let path = folder.file("metrics.jsonl");
    let history = folder.history()?;
    // The run notes how long an epoch took; the file is as old as the last.
    let modified = std::fs::metadata(&path).and_then(|metadata| metadata.modified()).ok();
    let end =
        modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).map_or(0.0, |end| end.as_secs_f64());
    let mut wall_time = end - history.epochs.iter().map(|epoch| epoch.seconds).sum::<f64>();
    let mut scalars = Vec::new();
    for epoch in &history.epochs {
        wall_time += epoch.seconds;
        scalars.extend(of_epoch(epoch, wall_time));
    }
    Ok(autoencoder_report::write_events(output, &scalars)?)
}

fn of_epoch(record: &EpochRecord, wall_time: f64) -> impl Iterator<Item = Scalar> {
    let of_part =
        |part: &'static str| move |(name, value): (&String, &f64)| (format!("{part}/{name}"), *value);
    let curves = record.train.iter().map(of_part("train"));
    let curves = curves.chain(record.validation.iter().map(of_part("validation")));
    let rest = [("learning_rate".to_owned(), record.learning_rate), ("seconds".to_owned(), record.seconds)];
    let step = record.epoch as i64;
    curves.chain(rest).map(move |(tag, value)| Scalar { tag, step, wall_time, value: value as f32 })
}
