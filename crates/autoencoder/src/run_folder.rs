//! The folder of a run and the files in it.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use autoencoder_core::files::{remove_unfinished, write_atomically};
use autoencoder_core::{ExampleShape, Loss};
use autoencoder_datasets::Scaling;
use autoencoder_models::ModelConfig;
use serde::{Deserialize, Serialize};

use crate::data::DataCard;
use crate::{Error, FinetuneConfig, RunConfig};

/// The folder of a run. What it holds:
///
/// - `config.toml`, fully resolved: `ae train config.toml` repeats the run
/// - `data.json`: what it was trained on, to know it again
/// - `environment.json`: versions and machine
/// - `metrics.jsonl`: a line an epoch
/// - `checkpoints/`: to resume from
/// - `model/model.safetensors` and `model/model.json`: all that is needed to use the model, from the first epoch on
/// - `model/scorer.safetensors` and `model/scorer.json`: what scores are made from, once the training has ended
/// - `evaluation.json`: errors on every part, PCA beside them
/// - `plots/*.png`
/// - `report.html`, once `ae report` has written it
/// - `stages/1` and so on: the layers of a stack, each with `metrics.jsonl`, `checkpoints/` and, once it is finished, `model/`
/// - `classifier/`: what `ae finetune` put on the encoder
/// - `members/2` and so on: the runs of the further members of an ensemble
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunFolder {
    path: PathBuf,
}

/// Where a new run goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// That folder, which must be empty or missing.
    Folder(RunFolder),
    /// The next of `runs/NAME-1`, `-2` and so on that does not exist yet when the run begins.
    Next(String),
}

impl From<&RunFolder> for Place {
    fn from(folder: &RunFolder) -> Self {
        Self::Folder(folder.clone())
    }
}

/// Held by the one process that trains in a folder; the system lets go of it when the process ends, however
/// it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// The file that is locked.
const LOCK: &str = ".lock";
/// What the checkpoints were trained with.
const TRAINED_WITH: &str = "checkpoints/config.toml";

/// `model/model.json`: what the weights alone do not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// The version of this format.
    pub format: u32,
    /// The version of the toolkit that wrote it.
    pub toolkit: String,
    /// The architecture.
    pub model: ModelConfig,
    /// The shape of one example.
    pub shape: ExampleShape,
    /// The number of code units.
    pub code_size: usize,
    /// The loss, which decides the output activation.
    pub loss: Loss,
    /// How values were scaled.
    pub scaling: Scaling,
    /// The epoch the weights are of; absent where training was interrupted before the first ended.
    pub best_epoch: Option<usize>,
}

impl ModelCard {
    /// The version of the format this program writes and reads.
    pub const FORMAT: u32 = 1;
}

#[derive(Serialize)]
struct Environment {
    toolkit: &'static str,
    burn: &'static str,
    operating_system: &'static str,
    architecture: &'static str,
    threads: usize,
    device: String,
}

impl RunFolder {
    /// The run in that folder, which need not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The run of a further member of an ensemble, counted from 2.
    pub fn member(&self, number: usize) -> Self {
        Self::new(self.file("members").join(number.to_string()))
    }

    /// The folder of a layer of a stack, counted from 0.
    pub(crate) fn stage(&self, index: usize) -> Self {
        Self::new(self.file("stages").join((index + 1).to_string()))
    }

    /// Refuses a folder that holds anything.
    ///
    /// # Errors
    /// [`Error::RunExists`]; [`Error::Unwritable`] where a file is in its place.
    pub fn check_unused(&self) -> Result<(), Error> {
        match std::fs::read_dir(&self.path) {
            Ok(entries) => match entries.flatten().find(|entry| entry.file_name() != LOCK) {
                Some(_) => Err(Error::RunExists { path: self.path.clone() }),
                None => Ok(()),
            },
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            Err(source) => Err(Error::Unwritable { path: self.path.clone(), source }),
        }
    }

    /// Makes the folder of a new run, for this process alone, with `config.toml`, `data.json` and
    /// `environment.json`.
    ///
    /// # Errors
    /// [`Error::RunExists`], [`Error::RunBusy`], [`Error::Unwritable`].
    pub fn begin(place: &Place, config: &RunConfig, data: &DataCard) -> Result<(Self, Lock), Error> {
        let text = config.to_toml()?;
        let folder = match place {
            Place::Folder(folder) => {
                folder.check_unused()?;
                folder.create_folder("")?;
                folder.clone()
            }
            Place::Next(name) => Self::next(name)?,
        };
        let lock = folder.lock()?;
        // Another process may have been here between the look and the lock.
        folder.check_unused()?;
        folder.write("config.toml", text.as_bytes())?;
        folder.write_json("data.json", data)?;
        folder.write_environment(&config.train.device)?;
        folder.create_folder("checkpoints")?;
        folder.write(TRAINED_WITH, text.as_bytes())?;
        Ok((folder, lock))
    }

    /// The first folder of that name with a number that this process, and no other, has created.
    fn next(name: &str) -> Result<Self, Error> {
        let parent = PathBuf::from("runs");
        let unwritable = |path: &Path, source| Error::Unwritable { path: path.to_owned(), source };
        std::fs::create_dir_all(&parent).map_err(|source| unwritable(&parent, source))?;
        let mut number = 1;
        loop {
            let path = parent.join(format!("{name}-{number}"));
            match std::fs::create_dir(&path) {
                Ok(()) => return Ok(Self { path }),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
                Err(source) => return Err(unwritable(&path, source)),
            }
        }
    }

    /// Keeps every other process from training in the folder.
    ///
    /// # Errors
    /// [`Error::RunBusy`] where one does; [`Error::Unwritable`].
    pub fn lock(&self) -> Result<Lock, Error> {
        let path = self.file(LOCK);
        let unwritable = |source| Error::Unwritable { path: path.clone(), source };
        let file = File::create(&path).map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::RunBusy { path: self.path.clone() }),
            Err(TryLockError::Error(source)) => Err(unwritable(source)),
        }
    }

    /// Removes what a process that was killed left half-written.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn clean(&self) -> Result<(), Error> {
        remove_unfinished(&self.path).map_err(|source| Error::Unwritable { path: self.path.clone(), source })
    }

    /// The configuration that the checkpoints were trained with, which `config.toml` may since differ from.
    ///
    /// # Errors
    /// What is wrong with the file; `None` where it is missing, as in a run of an earlier toolkit.
    pub fn trained_with(&self) -> Result<Option<RunConfig>, Error> {
        let path = self.file(TRAINED_WITH);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(RunConfig::from_toml(&text, &path.display().to_string())?)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Notes what the run goes on with.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn write_config(&self, config: &RunConfig) -> Result<(), Error> {
        let text = config.to_toml()?;
        self.write("config.toml", text.as_bytes())?;
        self.create_folder("checkpoints")?;
        self.write(TRAINED_WITH, text.as_bytes())
    }

    /// What the run was trained on; `None` in a run of an earlier toolkit.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Unreadable`].
    pub fn data(&self) -> Result<Option<DataCard>, Error> {
        let path = self.file("data.json");
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map(Some)
                .map_err(|error| Error::Damaged { path, message: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    fn write_environment(&self, device: &str) -> Result<(), Error> {
        let environment = Environment {
            toolkit: env!("CARGO_PKG_VERSION"),
            burn: BURN_VERSION,
            operating_system: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            device: device.to_owned(),
        };
        self.write_json("environment.json", &environment)
    }

    /// The configuration the run was started with.
    ///
    /// # Errors
    /// [`Error::NothingToResume`], or what is wrong with the file.
    pub fn config(&self) -> Result<RunConfig, Error> {
        let path = self.file("config.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(RunConfig::from_toml(&text, &path.display().to_string())?),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::NothingToResume { path: self.path.clone() })
            }
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// The configuration that a classifier in this folder was trained with.
    ///
    /// # Errors
    /// [`Error::NoClassifier`], or what is wrong with the file.
    pub fn finetune_config(&self) -> Result<FinetuneConfig, Error> {
        let path = self.file("config.toml");
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let table = crate::overrides::parse(&text, &path.display().to_string())?;
                Ok(FinetuneConfig::from_table(table)?)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::NoClassifier { path: self.path.clone() })
            }
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Writes the model: the weights first, so that a card always has its weights.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn write_model(&self, weights: &[u8], card: &ModelCard) -> Result<(), Error> {
        self.create_folder("model")?;
        self.write("model/model.safetensors", weights)?;
        self.write_json("model/model.json", card)
    }

    /// Reads the model's weights and card.
    ///
    /// # Errors
    /// [`Error::NoRun`] naming the missing file, [`Error::Damaged`], [`Error::Version`].
    pub fn read_model(&self) -> Result<(Vec<u8>, ModelCard), Error> {
        let read = |name: &'static str| {
            let path = self.file(name);
            std::fs::read(&path).map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                    Error::NoRun { path: self.path.clone(), missing: name }
                }
                _ => Error::Unreadable { path, source },
            })
        };
        let card = read("model/model.json")?;
        let path = self.file("model/model.json");
        let damaged =
            |error: serde_json::Error| Error::Damaged { path: path.clone(), message: error.to_string() };
        // The format is looked at before the rest, which another format may have changed.
        #[derive(Deserialize)]
        struct Format {
            format: u32,
        }
        let Format { format } = serde_json::from_slice(&card).map_err(damaged)?;
        if format != ModelCard::FORMAT {
            return Err(Error::Version { path, found: format, supported: ModelCard::FORMAT });
        }
        Ok((read("model/model.safetensors")?, serde_json::from_slice(&card).map_err(damaged)?))
    }

    /// Writes a JSON document.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        let mut text = serde_json::to_vec_pretty(value)
            .map_err(|error| Error::Unwritable { path: self.file(name), source: error.into() })?;
        text.push(b'\n');
        self.write(name, &text)
    }

    /// Creates a folder in it.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn create_folder(&self, name: &str) -> Result<(), Error> {
        let path = self.file(name);
        std::fs::create_dir_all(&path).map_err(|source| Error::Unwritable { path, source })
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        let path = self.file(name);
        write_atomically(&path, bytes).map_err(|source| Error::Unwritable { path, source })
    }
}

/// The version of Burn that this build is pinned to.
const BURN_VERSION: &str = "0.22.1";
