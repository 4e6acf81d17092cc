//! The folder of a run and the files in it.

use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use autoencoder_core::files::{is_unfinished, open_lock, remove_unfinished, write_atomically};
use autoencoder_train::{Checkpoints, History};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use toml::{Table, Value};

use crate::config::finetune::FinetuneConfig;
use crate::config::run::RunConfig;
use crate::config::table::{first_difference, first_missing};
use crate::data::card::DataCard;
use crate::error::Error;
use crate::model::card::ModelCard;

/// The folder of a run. What it holds:
///
/// - `config.toml`, fully resolved: `ae train config.toml` repeats the run
/// - `data.json`: what it was trained on, to know it again
/// - `environment.json`: versions and machine
/// - `metrics.jsonl`: a line an epoch
/// - `seal.json`: checksums of what the model is used from
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
    _folder: Option<File>,
}

/// The file that is locked.
const LOCK: &str = ".lock";
/// What the run was trained on.
const DATA: &str = "data.json";
/// Where it was trained, and with what.
const ENVIRONMENT: &str = "environment.json";
/// The checksum of the encoder that a classifier was begun with.
const ENCODER: &str = "checkpoints/encoder.sha256";
/// What the checkpoints were trained with.
const TRAINED_WITH: &str = "checkpoints/config.toml";

#[derive(Serialize)]
struct Environment {
    toolkit: &'static str,
    burn: &'static str,
    operating_system: &'static str,
    architecture: &'static str,
    vectors: &'static str,
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

    /// Refuses a folder that holds anything but what a process that was killed at its first write left.
    ///
    /// # Errors
    /// [`Error::RunExists`]; [`Error::Unwritable`] where a file is in its place.
    pub fn check_unused(&self) -> Result<(), Error> {
        match std::fs::read_dir(&self.path) {
            Ok(entries) => {
                let is_of_use = |name: &OsStr| name != LOCK && !is_unfinished(name);
                if entries.flatten().any(|entry| is_of_use(&entry.file_name())) {
                    Err(Error::RunExists { path: self.path.clone() })
                } else {
                    Ok(())
                }
            }
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
        folder.clean()?;
        folder.write("config.toml", text.as_bytes())?;
        folder.write_facts(&config.train.device.to_string(), data)?;
        folder.create_folder("checkpoints")?;
        folder.write_sealed(&[(TRAINED_WITH, text.as_bytes())])?;
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
        let busy = || Error::RunBusy { path: self.path.clone() };
        // Where the system can lock a folder, a lock outlives the file's removal by hand.
        let folder = File::open(&self.path).ok();
        if folder.as_ref().is_some_and(|folder| matches!(folder.try_lock(), Err(TryLockError::WouldBlock))) {
            return Err(busy());
        }
        let file = open_lock(&path).map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file, _folder: folder }),
            Err(TryLockError::WouldBlock) => Err(busy()),
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
        let Some(table) = self.table(TRAINED_WITH)? else { return Ok(None) };
        Ok(Some(RunConfig::from_table(table)?))
    }

    /// Notes what the run goes on with.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn write_config(&self, config: &RunConfig) -> Result<(), Error> {
        let text = config.to_toml()?;
        self.write("config.toml", text.as_bytes())?;
        self.create_folder("checkpoints")?;
        self.write_sealed(&[(TRAINED_WITH, text.as_bytes())])
    }

    /// What the run was trained on; `None` in a run of an earlier toolkit, or one that was killed before it was written.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Unreadable`].
    pub fn data(&self) -> Result<Option<DataCard>, Error> {
        let path = self.file(DATA);
        match std::fs::read(&path) {
            Ok(text) => {
                self.check_seal(DATA, &text)?;
                serde_json::from_slice(&text)
                    .map(Some)
                    .map_err(|error| Error::Damaged { path, message: error.to_string() })
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Writes what the run is trained on, where and with what.
    pub(crate) fn write_facts(&self, device: &str, data: &DataCard) -> Result<(), Error> {
        let environment = Environment {
            toolkit: env!("CARGO_PKG_VERSION"),
            burn: BURN_VERSION,
            operating_system: std::env::consts::OS,
            architecture: std::env::consts::ARCH,
            vectors: autoencoder_kernels::instruction_set(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            device: device.to_owned(),
        };
        let files = [(DATA, self.json(DATA, data)?), (ENVIRONMENT, self.json(ENVIRONMENT, &environment)?)];
        self.write_sealed(&files.each_ref().map(|(name, bytes)| (*name, &bytes[..])))
    }

    /// The machine that the run was trained on, and what with; empty where it is not known.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub(crate) fn environment(&self) -> Result<serde_json::Map<String, serde_json::Value>, Error> {
        let Ok(text) = std::fs::read(self.file(ENVIRONMENT)) else { return Ok(serde_json::Map::new()) };
        self.check_seal(ENVIRONMENT, &text)?;
        serde_json::from_slice(&text)
            .map_err(|error| Error::Damaged { path: self.file(ENVIRONMENT), message: error.to_string() })
    }

    /// What was measured epoch by epoch.
    ///
    /// # Errors
    /// What is wrong with `metrics.jsonl`.
    pub(crate) fn history(&self) -> Result<History, Error> {
        Ok(Checkpoints::new(self.file("checkpoints")).history(&self.file("metrics.jsonl"), None)?)
    }

    /// The configuration that a verb goes by that uses the model: the one the run was trained with, but for how it is
    /// computed, trained further and scored.
    ///
    /// # Errors
    /// [`Error::ConfigChanged`] naming what no longer fits the model; those of [`Self::config`].
    pub fn config_in_use(&self) -> Result<RunConfig, Error> {
        let config = self.config()?;
        let Some(before) = self.table(TRAINED_WITH)? else { return Ok(config) };
        let now = self.table("config.toml")?.unwrap_or_default();
        let has_file = self.data()?.is_some_and(|data| data.file.is_some());
        let of_model = |table: &Table| {
            let mut table = table.clone();
            // How it is trained on and scored may be changed, and where a file lies that is known by its checksum.
            table.retain(|key, _| key != "train" && key != "score");
            if let (true, Some(data)) = (has_file, table.get_mut("data").and_then(Value::as_table_mut)) {
                data.remove("source");
            }
            table
        };
        let changed =
            first_missing(&now, &before).or_else(|| first_difference(&of_model(&now), &of_model(&before)));
        match changed {
            Some(key) => Err(Error::ConfigChanged { path: self.path.clone(), key }),
            None => Ok(config),
        }
    }

    /// A configuration of the folder as it stands there.
    fn table(&self, name: &str) -> Result<Option<Table>, Error> {
        let path = self.file(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                self.check_seal(name, text.as_bytes())?;
                Ok(Some(crate::config::overrides::parse(&text, &path.display().to_string())?))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
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
                let table = crate::config::overrides::parse(&text, &path.display().to_string())?;
                Ok(FinetuneConfig::from_table(table)?)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(Error::NoClassifier { path: self.path.clone() })
            }
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }

    /// Notes what a classifier in this folder is trained with, and on which encoder.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub(crate) fn write_finetuned_with(&self, config: &FinetuneConfig, encoder: &[u8]) -> Result<(), Error> {
        let text = config.to_toml()?;
        self.write("config.toml", text.as_bytes())?;
        self.create_folder("checkpoints")?;
        let encoder = hex::encode(Sha256::digest(encoder));
        self.write_sealed(&[(TRAINED_WITH, text.as_bytes()), (ENCODER, encoder.as_bytes())])
    }

    /// Refuses to go on with a classifier whose configuration or encoder is no longer the one that its checkpoints were
    /// trained with.
    ///
    /// # Errors
    /// [`Error::ConfigChanged`], [`Error::EncoderChanged`]; what is wrong with a file.
    pub(crate) fn check_finetuned_with(&self, config: &FinetuneConfig, encoder: &[u8]) -> Result<(), Error> {
        let now = crate::config::overrides::parse(&config.to_toml()?, "config.toml")?;
        let device = |table: &Table| {
            let mut table = table.clone();
            table.get_mut("train").and_then(Value::as_table_mut).map(|train| train.remove("device"));
            table
        };
        if let Some(before) = self.table(TRAINED_WITH)?
            && let Some(key) = first_difference(&device(&now), &device(&before))
        {
            return Err(Error::ConfigChanged { path: self.path.clone(), key });
        }
        match std::fs::read(self.file(ENCODER)) {
            Ok(right) if right != hex::encode(Sha256::digest(encoder)).as_bytes() => {
                Err(Error::EncoderChanged { path: self.path.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Writes the model and its card.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn write_model(&self, weights: &[u8], card: &ModelCard) -> Result<(), Error> {
        self.create_folder("model")?;
        // The weights first, so that a card always has its weights.
        self.write_sealed(&[
            ("model/model.safetensors", weights),
            ("model/model.json", &self.json("model/model.json", card)?),
        ])
    }

    /// Reads the model's weights and card.
    ///
    /// # Errors
    /// [`Error::NoRun`] naming the missing file, [`Error::Damaged`], [`Error::Version`].
    pub fn read_model(&self) -> Result<(Vec<u8>, ModelCard), Error> {
        let read = |name: &'static str| {
            let path = self.file(name);
            let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                    Error::NoRun { path: self.path.clone(), missing: name }
                }
                _ => Error::Unreadable { path, source },
            })?;
            self.check_seal(name, &bytes)?;
            Ok::<_, Error>(bytes)
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
        let card: ModelCard = serde_json::from_slice(&card).map_err(damaged)?;
        let weights = read("model/model.safetensors")?;
        card.check(weights.len()).map_err(|message| Error::Damaged { path, message })?;
        Ok((weights, card))
    }

    /// Writes a JSON document.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), Error> {
        self.write(name, &self.json(name, value)?)
    }

    /// The text of a JSON document that is to be written to that file.
    pub(crate) fn json<T: Serialize>(&self, name: &str, value: &T) -> Result<Vec<u8>, Error> {
        let mut text = serde_json::to_vec_pretty(value)
            .map_err(|error| Error::Unwritable { path: self.file(name), source: error.into() })?;
        text.push(b'\n');
        Ok(text)
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
