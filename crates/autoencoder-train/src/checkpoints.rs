//! The checkpoints of a run: after each epoch the model, the optimiser's state and the schedule's.

use std::path::{Path, PathBuf};

use burn::store::ModuleRecord;

use crate::TrainError;

/// The three files of an epoch's checkpoint: `NAME-EPOCH.bpk`, Burn's own record format.
const NAMES: [&str; 3] = ["model", "optimizer", "schedule"];

/// The folder of a run that holds its checkpoints.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

impl Checkpoints {
    /// The checkpoints in `folder`, which need not exist yet.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn names() -> [&'static str; 3] {
        NAMES
    }

    fn path(&self, name: &str, epoch: usize) -> PathBuf {
        self.folder.join(format!("{name}-{epoch}.bpk"))
    }

    /// The epochs, in order, of which all three files are there. A process killed while it wrote
    /// leaves an epoch incomplete; that epoch does not count.
    pub fn complete(&self) -> Vec<usize> {
        let mut epochs: Vec<usize> = std::fs::read_dir(&self.folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                entry.file_name().to_str()?.strip_prefix("model-")?.strip_suffix(".bpk")?.parse().ok()
            })
            .filter(|&epoch| NAMES.iter().all(|name| self.path(name, epoch).is_file()))
            .collect();
        epochs.sort_unstable();
        epochs
    }

    /// The last complete epoch, from which a run resumes.
    pub fn last(&self) -> Option<usize> {
        self.complete().pop()
    }

    /// The model of an epoch.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`].
    pub fn model(&self, epoch: usize) -> Result<ModuleRecord, TrainError> {
        let path = self.path("model", epoch);
        ModuleRecord::load(&path).map_err(|error| TrainError::Checkpoint { path, message: error.to_string() })
    }

    /// Creates the folder if it is missing.
    pub(crate) fn create(&self) -> Result<(), TrainError> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|source| TrainError::Unwritable { path: self.folder.clone(), source })
    }

    /// Removes the files of every epoch after `last`, and of epochs left incomplete.
    pub(crate) fn remove_after(&self, last: usize) -> Result<(), TrainError> {
        let kept: Vec<usize> = self.complete().into_iter().filter(|&epoch| epoch <= last).collect();
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let epoch =
                name.to_str().and_then(|name| name.strip_suffix(".bpk")?.rsplit_once('-')?.1.parse().ok());
            if epoch.is_some_and(|epoch| !kept.contains(&epoch)) {
                std::fs::remove_file(entry.path())
                    .map_err(|source| TrainError::Unwritable { path: entry.path(), source })?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_with_a_missing_file_does_not_count() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let checkpoints = Checkpoints::new(folder.path());
        for (name, epoch) in
            [("model", 9), ("optimizer", 9), ("schedule", 9), ("model", 10), ("schedule", 10)]
        {
            std::fs::write(checkpoints.path(name, epoch), b"x").expect("written");
        }
        assert_eq!(checkpoints.last(), Some(9));
        checkpoints.remove_after(9).expect("removed");
        assert!(!checkpoints.path("model", 10).exists());
        assert!(checkpoints.path("optimizer", 9).exists());
    }
}
