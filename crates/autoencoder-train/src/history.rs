//! What was measured epoch by epoch: `metrics.jsonl`, one line an epoch, the start as epoch 0 where it counts.

use std::collections::BTreeMap;
use std::path::Path;

use autoencoder_core::files::write_atomically;
use serde::{Deserialize, Serialize};

use crate::TrainError;

/// One epoch, one line of `metrics.jsonl`. Values are averaged over the examples of the part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochRecord {
    /// From 1.
    pub epoch: usize,
    /// Optimiser steps taken in this epoch.
    pub steps: usize,
    /// The learning rate of its last step.
    pub learning_rate: f64,
    /// Wall-clock seconds, validation included.
    pub seconds: f64,
    /// `objective` and its terms by name, on the (corrupted) training part, while it was learning.
    pub train: BTreeMap<String, f64>,
    /// `objective` and its terms on the clean validation part, without penalties.
    pub validation: BTreeMap<String, f64>,
}

/// The name of the sum of all terms in an [`EpochRecord`].
pub(crate) const OBJECTIVE: &str = "objective";

impl EpochRecord {
    /// The loss that best epochs and early stopping go by: the objective on the validation part.
    pub fn validation_loss(&self) -> f64 {
        self.validation.get(OBJECTIVE).copied().unwrap_or(f64::NAN)
    }
}

/// All epochs of a run so far.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The model before its first step, as epoch 0, where that is among those that the best is chosen from.
    pub start: Option<EpochRecord>,
    /// In order, from epoch 1.
    pub epochs: Vec<EpochRecord>,
    /// The lines that were read, by their epoch: they are written as they were, to the byte.
    read: BTreeMap<usize, String>,
}

impl PartialEq for History {
    /// Of what was measured, whether it was read or not.
    fn eq(&self, other: &Self) -> bool {
        self.start == other.start && self.epochs == other.epochs
    }
}

impl History {
    /// Reads a `metrics.jsonl` up to and including epoch `last`; a missing file has no epochs, and a
    /// last line cut short by a crash is left out.
    ///
    /// # Errors
    /// [`TrainError::Unreadable`], [`TrainError::Malformed`] naming the line.
    pub fn read(path: &Path, last: usize) -> Result<Self, TrainError> {
        let whole = Self::whole_lines(path)?;
        let mut history = Self::default();
        for (number, line) in whole.lines().enumerate() {
            let record: EpochRecord = serde_json::from_str(line).map_err(|error| TrainError::Malformed {
                path: path.to_owned(),
                line: number + 1,
                message: error.to_string(),
            })?;
            if record.epoch <= last {
                history.read.insert(record.epoch, line.to_owned());
            }
            match record.epoch {
                0 => history.start = Some(record),
                epoch if epoch <= last => history.epochs.push(record),
                _ => {}
            }
        }
        Ok(history)
    }

    /// The lines of a `metrics.jsonl` up to that of epoch `last`.
    ///
    /// # Errors
    /// A number that is none to JSON.
    pub(crate) fn lines_until(&self, last: usize) -> Result<String, serde_json::Error> {
        let line = |record: &EpochRecord| match self.read.get(&record.epoch) {
            Some(line) => Ok(format!("{line}\n")),
            None => Ok(serde_json::to_string(record)? + "\n"),
        };
        self.records().filter(|record| record.epoch <= last).map(line).collect()
    }

    /// The text but for a last line that was cut short; empty where there is no file.
    fn whole_lines(path: &Path) -> Result<String, TrainError> {
        let mut text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(String::new()),
            Err(source) => return Err(TrainError::Unreadable { path: path.to_owned(), source }),
        };
        text.truncate(text.rfind('\n').unwrap_or(0));
        Ok(text)
    }

    /// Writes the whole history to `path`, atomically. Returns the text.
    ///
    /// # Errors
    /// [`TrainError::Unwritable`].
    pub fn write(&self, path: &Path) -> Result<String, TrainError> {
        let unwritable = |source| TrainError::Unwritable { path: path.to_owned(), source };
        let text = self.lines_until(usize::MAX).map_err(|error| unwritable(error.into()))?;
        write_atomically(path, text.as_bytes()).map_err(unwritable)?;
        Ok(text)
    }

    /// The record of that epoch.
    pub fn of(&self, epoch: usize) -> Option<&EpochRecord> {
        self.records().find(|record| record.epoch == epoch)
    }

    /// The epoch of the least validation loss, the first of equals, among those from epoch `settled` on (before
    /// it the objective was another one), or among all as long as there is none; `None` before the first epoch.
    pub fn best(&self, settled: usize) -> Option<&EpochRecord> {
        fn least<'a>(records: impl Iterator<Item = &'a EpochRecord>) -> Option<&'a EpochRecord> {
            records.min_by(|a, b| a.validation_loss().total_cmp(&b.validation_loss()))
        }
        least(self.from(settled)).or_else(|| least(self.records()))
    }

    /// How many epochs, from epoch `settled` on, have passed since the validation loss last fell by more than
    /// the share `min_improvement` of its best value before.
    pub fn epochs_without_improvement(&self, min_improvement: f64, settled: usize) -> usize {
        let mut best = f64::INFINITY;
        let mut since = 0;
        for loss in self.from(settled).map(EpochRecord::validation_loss) {
            since += 1;
            if best.is_infinite() || loss < best - min_improvement * best.abs() {
                best = loss;
                since = 0;
            }
        }
        since
    }

    /// How long all epochs took, in seconds.
    pub fn seconds(&self) -> f64 {
        self.epochs.iter().map(|record| record.seconds).sum()
    }

    fn records(&self) -> impl Iterator<Item = &EpochRecord> {
        self.start.iter().chain(&self.epochs)
    }

    fn from(&self, epoch: usize) -> impl Iterator<Item = &EpochRecord> {
        self.records().skip_while(move |record| record.epoch < epoch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(losses: &[f64]) -> History {
        let epochs = losses.iter().enumerate().map(|(index, &loss)| EpochRecord {
            epoch: index + 1,
            steps: 3,
            learning_rate: 0.1,
            seconds: 1.0,
            train: BTreeMap::new(),
            validation: BTreeMap::from([(OBJECTIVE.to_owned(), loss)]),
        });
        History { epochs: epochs.collect(), ..History::default() }
    }

    #[test]
    fn the_best_epoch_is_the_first_of_the_least_loss() {
        let best = |losses: &[f64], settled| history(losses).best(settled).map(|record| record.epoch);
        assert_eq!(best(&[3.0, 1.0, 2.0, 1.0], 0), Some(2));
        assert_eq!(best(&[3.0, 1.0, 2.0, 1.5], 3), Some(4));
        assert_eq!(best(&[3.0, 1.0, 2.0], 9), Some(2));
        assert_eq!(best(&[], 0), None);
    }

    #[test]
    fn a_start_that_counts_is_epoch_0_in_the_file_and_may_be_the_best() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("metrics.jsonl");
        let mut whole = history(&[3.0, 2.0, 2.5]);
        let start = EpochRecord { epoch: 0, ..history(&[1.5]).epochs.remove(0) };
        whole.start = Some(start);
        assert_eq!(whole.best(0).map(|record| record.epoch), Some(0));
        assert_eq!(whole.best(1).map(|record| record.epoch), Some(2));
        assert_eq!(whole.epochs_without_improvement(0.0, 0), 3);
        whole.write(&path).expect("written");
        assert_eq!(History::read(&path, 3).expect("read"), whole);
        let before = History::read(&path, 0).expect("read");
        assert_eq!((before.start.is_some(), before.epochs.len()), (true, 0));
    }

    #[test]
    fn improvements_smaller_than_asked_do_not_count() {
        let history = history(&[10.0, 8.0, 7.9, 7.8]);
        assert_eq!(history.epochs_without_improvement(0.0, 0), 0);
        assert_eq!(history.epochs_without_improvement(0.1, 0), 2);
        assert_eq!(history.epochs_without_improvement(0.1, 4), 0);
    }

    #[test]
    fn a_history_survives_the_file_and_a_torn_last_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("metrics.jsonl");
        let whole = history(&[3.0, 2.5, 0.1 + 0.2]);
        whole.write(&path).expect("written");
        assert_eq!(History::read(&path, 3).expect("read"), whole);
        assert_eq!(History::read(&path, 2).expect("read").epochs.len(), 2);
        let text = std::fs::read_to_string(&path).expect("read");
        std::fs::write(&path, &text[..text.len() - 9]).expect("written");
        assert_eq!(History::read(&path, 3).expect("read").epochs.len(), 2);
    }
}
