//! The checkpoints of a run: after each epoch the model and the optimiser's state, whole or not at all.

use std::path::{Path, PathBuf};

use autoencoder_core::files::write_atomically;
use burn::module::Module;
use burn::optim::{ModuleOptimizer, OptimizerRecord};
use burn::store::ModuleRecord;
use burn::tensor::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::TrainError;

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
    ) -> Result<(), TrainError> {
        let unwritable = |error: &dyn std::fmt::Display| TrainError::Unwritable {
            path: self.folder.clone(),
            source: std::io::Error::other(error.to_string()),
        };
        let model = model.into_record().into_bytes().map_err(|error| unwritable(&error))?;
        let optimizer = optimizer.into_bytes().map_err(|error| unwritable(&error))?;
        let seal = Seal { model_sha256: sha256(&model), optimizer_sha256: sha256(&optimizer) };
        let seal = serde_json::to_vec(&seal).map_err(|error| unwritable(&error))?;
        let files = [("model", &model[..]), ("optimizer", &optimizer[..]), ("epoch", &seal[..])];
        for (name, bytes) in files {
            let path = self.path(name, epoch);
            write_atomically(&path, bytes).map_err(|source| TrainError::Unwritable { path, source })?;
        }
        Ok(())
    }

    /// Creates the folder if it is missing.
    pub(crate) fn create(&self) -> Result<(), TrainError> {
        std::fs::create_dir_all(&self.folder)
            .map_err(|source| TrainError::Unwritable { path: self.folder.clone(), source })
    }

    /// Removes the files of every epoch that is not `kept`; an epoch loses its seal first, so that it never
    /// counts without its files.
    pub(crate) fn remove(&self, kept: impl Fn(usize) -> bool) -> Result<(), TrainError> {
        let epoch_of = |path: &Path| -> Option<usize> {
            path.file_stem()?.to_str()?.rsplit_once('-').and_then(|(_, epoch)| epoch.parse().ok())
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
        let read = |path: &Path| std::fs::read(path).map_err(|error| damaged(path, error));
        let seal: Seal = serde_json::from_slice(&read(&self.path("epoch", epoch))?)
            .map_err(|error| damaged(&self.path("epoch", epoch), error))?;
        let bytes = read(&path)?;
        let expected = if name == "model" { seal.model_sha256 } else { seal.optimizer_sha256 };
        match sha256(&bytes) == expected {
            true => Ok(Bytes::from_bytes_vec(bytes)),
            false => Err(damaged(&path, "its checksum is wrong")),
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
            checkpoints.save(epoch, parameter(epoch as f32), &optimizer()).expect("saved");
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
        checkpoints.remove(|epoch| epoch == 9).expect("removed");
        assert_eq!(checkpoints.files().count(), 3);
        assert_eq!(value(&checkpoints, 9).expect("whole"), 9.0);
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
