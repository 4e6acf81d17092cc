//! The checkpoints of a run: after each epoch the model and the optimiser's state, whole or not at all.

use std::path::{Path, PathBuf};

use autoencoder_core::files::write_atomically;
use burn::module::Module;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{History, TrainError};

/// The folder of a run that holds its checkpoints: for each epoch `model-EPOCH.bpk` and
/// `optimizer-EPOCH.bpk` in Burn's record format and, written last, `epoch-EPOCH.json` with the checksums
/// of both. An epoch without that file does not count.
#[derive(Clone, Debug)]
pub struct Checkpoints {
    folder: PathBuf,
}

/// `epoch-EPOCH.json`.
#[derive(Serialize, Deserialize)]
struct Seal {
    model_sha256: String,
    optimizer_sha256: String,
    /// Of the lines of `metrics.jsonl` up to the epoch's; absent in a checkpoint of an earlier toolkit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metrics_sha256: Option<String>,
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

    /// The epochs that are complete, in order.
    pub fn complete(&self) -> Vec<usize> {
        let mut epochs: Vec<usize> = self
            .files()
            .filter_map(|path| {
                let name = path.file_name()?.to_str()?;
                name.strip_prefix("epoch-")?.strip_suffix(".json")?.parse().ok()
            })
            .collect();
        epochs.sort_unstable();
        epochs
    }

    /// The last complete epoch, from which a run resumes.
    pub fn last(&self) -> Option<usize> {
        self.complete().pop()
    }

    /// The model of an epoch, read into one of the same architecture.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] where a file is damaged or belongs to another architecture.
    pub fn model<A: Module>(&self, epoch: usize, template: A) -> Result<A, TrainError> {
        let (path, bytes) = (self.path("model", epoch), self.read(epoch, "model")?);
        let record = ModuleRecord::from_bytes(bytes).map_err(|error| damaged(&path, error))?;
        template.try_load_record(record).map_err(|error| damaged(&path, error))
    }

    /// The optimiser's state after an epoch.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] where a file is damaged.
    pub(crate) fn optimizer(
        &self,
        epoch: usize,
        optimizer: ModuleOptimizer,
    ) -> Result<ModuleOptimizer, TrainError> {
        let (path, bytes) = (self.path("optimizer", epoch), self.read(epoch, "optimizer")?);
        let record = OptimizerRecord::from_bytes(bytes).map_err(|error| damaged(&path, error))?;
        Ok(optimizer.load_record(record))
    }

    /// Saves an epoch; only when all of it is on the disk does it count.
    pub(crate) fn save<A: Module>(
        &self,
        epoch: usize,
        model: A,
        optimizer: &ModuleOptimizer,
        metrics: &str,
    ) -> Result<(), TrainError> {
        let unwritable = |error: &dyn std::fmt::Display| self.unwritable(error);
        let model = model.into_record().into_bytes().map_err(|error| unwritable(&error))?;
        let optimizer = optimizer.into_bytes().map_err(|error| unwritable(&error))?;
        let seal = Seal {
            model_sha256: sha256(&model),
            optimizer_sha256: sha256(&optimizer),
            metrics_sha256: Some(sha256(metrics.as_bytes())),
        };
        let seal = serde_json::to_vec(&seal).map_err(|error| unwritable(&error))?;
        let files = [("model", &model[..]), ("optimizer", &optimizer[..]), ("epoch", &seal[..])];
        for (name, bytes) in files {
            let path = self.path(name, epoch);
            write_atomically(&path, bytes).map_err(|source| TrainError::Unwritable { path, source })?;
        }
        Ok(())
    }

    /// Writes the model of an epoch anew, and its seal.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] where the seal itself is damaged; [`TrainError::Unwritable`].
    pub(crate) fn repair<A: Module>(&self, epoch: usize, model: A) -> Result<(), TrainError> {
        let bytes = model.into_record().into_bytes().map_err(|error| self.unwritable(&error))?;
        let seal = Seal { model_sha256: sha256(&bytes), ..self.seal(epoch)? };
        let seal = serde_json::to_vec(&seal).map_err(|error| self.unwritable(&error))?;
        for (name, bytes) in [("model", &bytes[..]), ("epoch", &seal[..])] {
            let path = self.path(name, epoch);
            write_atomically(&path, bytes).map_err(|source| TrainError::Unwritable { path, source })?;
        }
        Ok(())
    }

    /// The history that is beside the checkpoints at `metrics`, up to epoch `last` or all of it, whose lines must be those
    /// that the last checkpoint was saved with.
    ///
    /// # Errors
    /// [`TrainError::Checkpoint`] where they are others; those of [`History::read`].
    pub fn history(&self, metrics: &Path, last: Option<usize>) -> Result<History, TrainError> {
        let history = History::read(metrics, last.unwrap_or(usize::MAX))?;
        let Some(epoch) = last.or_else(|| self.last()) else { return Ok(history) };
        let lines = history.lines_until(epoch).map_err(|error| damaged(metrics, error))?;
        match self.seal(epoch)?.metrics_sha256 {
            Some(right) if right != sha256(lines.as_bytes()) => {
                Err(damaged(metrics, "it is not what was written when the run was trained"))
            }
            _ => Ok(history),
        }
    }

    fn unwritable(&self, error: &dyn std::fmt::Display) -> TrainError {
        TrainError::Unwritable { path: self.folder.clone(), source: std::io::Error::other(error.to_string()) }
    }

    fn seal(&self, epoch: usize) -> Result<Seal, TrainError> {
        let path = self.path("epoch", epoch);
        let text = std::fs::read(&path).map_err(|error| damaged(&path, error))?;
        serde_json::from_slice(&text).map_err(|error| damaged(&path, error))
    }

    /// Creates the folder if it is missing.
    pub(crate) fn create(&self) -> Result<(), TrainError> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|source| TrainError::Unwritable { path: self.folder.clone(), source })
    }

    /// Removes the files of every epoch that is not `kept`; an epoch loses its seal first, so that it never
    /// counts without its files.
    pub(crate) fn remove(&self, kept: impl Fn(usize) -> bool) -> Result<(), TrainError> {
        // Whatever else lies in the folder is somebody else's.
        let epoch_of = |path: &Path| -> Option<usize> {
            let (_, epoch) = path.file_stem()?.to_str()?.rsplit_once('-')?;
            let epoch = epoch.parse().ok()?;
            let is_own = ["model", "optimizer", "epoch"].iter().any(|name| self.path(name, epoch) == path);
            is_own.then_some(epoch)
        };
        let mut old: Vec<PathBuf> =
            self.files().filter(|path| epoch_of(path).is_some_and(|epoch| !kept(epoch))).collect();
        old.sort_by_key(|path| path.extension().is_none_or(|extension| extension != "json"));
        for path in old {
            std::fs::remove_file(&path).map_err(|source| TrainError::Unwritable { path, source })?;
        }
        Ok(())
    }

    fn path(&self, name: &str, epoch: usize) -> PathBuf {
        let extension = if name == "epoch" { "json" } else { "bpk" };
        self.folder.join(format!("{name}-{epoch}.{extension}"))
    }

    fn files(&self) -> impl Iterator<Item = PathBuf> + use<> {
        std::fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path())
    }

    /// The bytes of a sealed file.
    fn read(&self, epoch: usize, name: &str) -> Result<Bytes, TrainError> {
        let path = self.path(name, epoch);
        let seal = self.seal(epoch)?;
        let bytes = std::fs::read(&path).map_err(|error| damaged(&path, error))?;
        let expected = if name == "model" { seal.model_sha256 } else { seal.optimizer_sha256 };
        if sha256(&bytes) == expected {
            Ok(Bytes::from_bytes_vec(bytes))
        } else {
            Err(damaged(&path, "its checksum is wrong"))
        }
    }
}

fn damaged(path: &Path, message: impl std::fmt::Display) -> TrainError {
    TrainError::Checkpoint { path: path.to_owned(), message: message.to_string() }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use burn::module::Param;
    use burn::tensor::{Device, Tensor};

    use super::*;

    fn parameter(value: f32) -> Param<Tensor<1>> {
        Param::from_tensor(Tensor::from_data([value, 2.0], &Device::flex()))
    }

    fn optimizer() -> ModuleOptimizer {
        autoencoder_kernels::optim::Adam::default().into()
    }

    fn saved(epochs: &[usize]) -> (tempfile::TempDir, Checkpoints) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let checkpoints = Checkpoints::new(folder.path());
        for &epoch in epochs {
            checkpoints.save(epoch, parameter(epoch as f32), &optimizer(), "").expect("saved");
        }
        (folder, checkpoints)
    }

    fn value(checkpoints: &Checkpoints, epoch: usize) -> Result<f32, TrainError> {
        let parameter = checkpoints.model(epoch, parameter(0.0))?;
        Ok(parameter.val().into_data().iter::<f32>().next().expect("an element"))
    }

    #[test]
    fn an_epoch_comes_back_as_it_was_saved_and_old_ones_go() {
        let (_folder, checkpoints) = saved(&[9, 10]);
        assert_eq!(checkpoints.complete(), [9, 10]);
        assert_eq!(value(&checkpoints, 10).expect("whole"), 10.0);
        checkpoints.optimizer(10, optimizer()).expect("whole");
        let mine = checkpoints.folder().join("notes-7.txt");
        std::fs::write(&mine, "mine").expect("written");
        checkpoints.remove(|epoch| epoch == 9).expect("removed");
        assert_eq!(checkpoints.files().count(), 4);
        assert!(mine.exists(), "only checkpoints are removed");
        assert_eq!(value(&checkpoints, 9).expect("whole"), 9.0);
    }

    #[test]
    fn a_damaged_model_is_repaired() {
        let (_folder, checkpoints) = saved(&[3]);
        let path = checkpoints.path("model", 3);
        let whole = std::fs::read(&path).expect("read");
        std::fs::write(&path, &whole[1..]).expect("written");
        assert!(value(&checkpoints, 3).is_err());
        checkpoints.repair(3, parameter(3.0)).expect("repaired");
        assert_eq!(value(&checkpoints, 3).expect("whole"), 3.0);
        checkpoints.optimizer(3, optimizer()).expect("whole");
    }

    #[test]
    fn metrics_that_were_changed_after_the_checkpoint_are_noticed() {
        let (folder, checkpoints) = saved(&[]);
        let metrics = folder.path().join("metrics.jsonl");
        let line = |epoch: usize, loss: f64| {
            let validation = [("objective".to_owned(), loss)].into();
            let (steps, learning_rate, seconds, train) = (1, 0.1, 0.0, Default::default());
            crate::EpochRecord { epoch, steps, learning_rate, seconds, train, validation }
        };
        let mut history = History::default();
        history.epochs.push(line(1, 5.0));
        let text = history.write(&metrics).expect("written");
        checkpoints.save(1, parameter(1.0), &optimizer(), &text).expect("saved");
        // The next epoch's line is written before its checkpoint.
        history.epochs.push(line(2, 4.0));
        history.write(&metrics).expect("written");
        assert_eq!(checkpoints.history(&metrics, None).expect("as it was").epochs.len(), 2);
        std::fs::write(&metrics, text.replace("5.0", "4.9")).expect("written");
        let error = checkpoints.history(&metrics, None).expect_err("changed").to_string();
        assert!(error.contains("metrics.jsonl"), "{error}");
    }

    #[test]
    fn an_epoch_without_its_seal_does_not_count_and_a_changed_byte_is_found() {
        let (_folder, checkpoints) = saved(&[1, 2]);
        std::fs::remove_file(checkpoints.path("epoch", 2)).expect("removed");
        assert_eq!(checkpoints.last(), Some(1));
        let path = checkpoints.path("model", 1);
        let mut bytes = std::fs::read(&path).expect("read");
        *bytes.last_mut().expect("bytes") ^= 1;
        std::fs::write(&path, bytes).expect("written");
        let error = value(&checkpoints, 1).expect_err("damaged").to_string();
        assert!(error.contains("model-1.bpk") && error.contains("checksum"), "{error}");
    }
}
