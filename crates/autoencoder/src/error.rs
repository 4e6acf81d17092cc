//! Errors of the toolkit as a whole.

use std::path::PathBuf;

use autoencoder_core::remote::{RemoteError, TokenError};
use autoencoder_core::{DataError, DeviceError};
use autoencoder_datasets::DatasetError;
use autoencoder_models::ModelError;
use autoencoder_report::ReportError;
use autoencoder_train::TrainError;

use crate::config::error::ConfigError;

/// What can go wrong in a verb.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Finding, fetching or reading a data set.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// Examples that do not fit.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Building or loading a model, or PCA.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// Training.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// Pictures.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The device.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// There is no token for a worker.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A run folder that is already there.
    #[error("run folder {path} is not empty")]
    RunExists {
        /// The folder.
        path: PathBuf,
    },
    /// A run that another process trains.
    #[error("run folder {path} is in use by another training")]
    RunBusy {
        /// The folder.
        path: PathBuf,
    },
    /// Data that are no longer what the run was trained on.
    #[error("{path} has changed since the run was trained on it")]
    DataChanged {
        /// The file.
        path: PathBuf,
    },
    /// A configuration that is no longer what the checkpoints were trained with.
    #[error("config.toml of {path} was changed ({key}) since its checkpoints were trained")]
    ConfigChanged {
        /// The folder.
        path: PathBuf,
        /// The first key that differs.
        key: String,
    },
    /// An encoder that is no longer the one a classifier was begun on.
    #[error("the encoder was trained anew since {path} was begun on it")]
    EncoderChanged {
        /// The classifier's folder.
        path: PathBuf,
    },
    /// More epochs for a run whose steps depend on their number.
    #[error(
        "{path} cannot be made longer: {key} depends on the number of epochs; train anew, or with train.schedule.kind = \"constant\""
    )]
    CannotExtend {
        /// The folder.
        path: PathBuf,
        /// What depends on it.
        key: &'static str,
    },
    /// A model that does not fit into memory.
    #[error(
        "the model needs about {needed} to train, but {available} of memory are free: use smaller layers (model.hidden, model.code), a smaller train.batch_size or a greater train.accumulation"
    )]
    TooLarge {
        /// The estimate, in words.
        needed: String,
        /// What there is, in words.
        available: String,
    },
    /// More rows than the memory holds.
    #[error("{rows} {what} need about {needed}, but {available} of memory are free: ask for fewer")]
    TooMany {
        /// What they are.
        what: &'static str,
        /// How many.
        rows: usize,
        /// The estimate, in words.
        needed: String,
        /// What there is, in words.
        available: String,
    },
    /// A device that computes wrong numbers.
    #[error(
        "device `{device}` computes wrong numbers: {item} deviates from flex by {deviation:.1e} of its greatest value (at most {allowed:.0e})"
    )]
    WrongDevice {
        /// Its name.
        device: String,
        /// What it computed.
        item: String,
        /// The greatest deviation, relative to the greatest value.
        deviation: f64,
        /// What rounding explains.
        allowed: f64,
    },
    /// A folder that is no run.
    #[error("{path} is not a run folder with a model: {missing} is missing")]
    NoRun {
        /// The folder.
        path: PathBuf,
        /// The first file that is missing.
        missing: &'static str,
    },
    /// A member of an ensemble that is not there.
    #[error("member {number} of {path} is missing")]
    NoMember {
        /// The folder of the ensemble.
        path: PathBuf,
        /// Its number, from 2.
        number: usize,
    },
    /// A folder without a classifier.
    #[error("{path} holds no classifier")]
    NoClassifier {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that cannot be resumed.
    #[error("{path} cannot be resumed: config.toml is missing")]
    NothingToResume {
        /// The folder.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}: {source}; check that it is there and readable")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or folder that cannot be written.
    #[error("cannot write {path}: {source}; check permissions, free space and that no folder is in the way")]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of a run that holds something else.
    #[error("{path} is damaged: {message}; restore the file or train again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// An artefact of a newer toolkit.
    #[error("{path} has format {found}, but this program reads format {supported}: use a newer `ae`")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// The newest format this program knows.
        supported: u32,
    },
    /// A code unit past the last.
    #[error("code unit {unit} does not exist: the model has {units}, counted from 0")]
    NoSuchUnit {
        /// As asked for.
        unit: usize,
        /// How many there are.
        units: usize,
    },
    /// The evidence of a model without a posterior.
    #[error("a {model} model has no posterior, so no evidence: train with model.kind = \"variational\"")]
    NoPosterior {
        /// Its kind.
        model: &'static str,
    },
    /// The evidence under a loss that is no likelihood.
    #[error(
        "the loss {loss} is not a likelihood, so there is no evidence: train with loss.kind = \"bernoulli\" or \"gaussian\""
    )]
    NoLikelihood {
        /// Its kind.
        loss: &'static str,
    },
    /// A verb that needs a corruption on a run without one.
    #[error("the run was trained without a corruption")]
    NoCorruption,
    /// Noise for values in a range that the examples are not in.
    #[error(
        "{corruption} noise writes {low} and {high}, and the scaled examples hold other values: set data.scaling = \"unit\", or choose corruption.kind = \"masking\" or \"gaussian\""
    )]
    NoiseOutOfRange {
        /// Its kind.
        corruption: &'static str,
        /// The least value that it writes.
        low: f32,
        /// The greatest.
        high: f32,
    },
    /// Labels that do not fit the rows.
    #[error("labels {path}: {message}")]
    Labels {
        /// The file.
        path: PathBuf,
        /// What is wrong with them.
        message: String,
    },
    /// Masks that do not fit the pictures.
    #[error(
        "masks {path}: {message}; give one picture for each, of the same size, white where something is wrong"
    )]
    Masks {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with them.
        message: String,
    },
    /// Masks for a run whose examples are no pictures.
    #[error("masks {path} are of pictures, and the run's examples are none")]
    NotPictures {
        /// The file or folder.
        path: PathBuf,
    },
    /// Data that no classifier can learn from.
    #[error("the data have {found}, so no classes can be learned")]
    NoClasses {
        /// What they have.
        found: &'static str,
    },
    /// A label that the encoder has seen.
    #[error("the column `{label}` is among the features that {path} learned from")]
    LabelIsFeature {
        /// The column.
        label: String,
        /// The run.
        path: PathBuf,
    },
    /// A label that should be a number.
    #[error("the label `{label}` is not a number")]
    NotANumber {
        /// As the data have it.
        label: String,
    },
    /// A class that only the validation or test part has.
    #[error(
        "the validation or the test part has a class that the training part lacks: use more examples, or another data.seed"
    )]
    UnknownClass,
    /// What is taken of the scores of all rows, asked for with a shard of them.
    #[error("{what} is taken of the scores of all rows")]
    NotOfShard {
        /// What was asked for.
        what: &'static str,
    },
    /// A threshold that nothing gives.
    #[error("no threshold: {reason}")]
    NoThreshold {
        /// What is missing.
        reason: String,
    },
    /// A score that needs the training part.
    #[error(
        "the run keeps nothing that a score of this kind is made from: {reason}; its own data are needed once more, or score.kind = \"reconstruction\" in its config.toml"
    )]
    NoReference {
        /// What is missing.
        reason: String,
    },
    /// A worker's identity that cannot be read or made.
    #[error("{path} is not a worker's identity: {message}")]
    Identity {
        /// The file.
        path: PathBuf,
        /// Why.
        message: String,
    },
    /// Devices of several backends in one worker.
    #[error(
        "one worker cannot serve {devices}: they belong to several backends, and each takes a worker of its own"
    )]
    MixedWorker {
        /// The devices as given.
        devices: String,
    },
    /// A worker that cannot serve.
    #[error("the worker cannot serve: {what}: {message}")]
    Worker {
        /// What stands in its way.
        what: String,
        /// Why.
        message: String,
    },
    /// No place for a worker's identity.
    #[error("this user has no folder for a worker's identity")]
    NoIdentity,
    /// A WebSocket that others than this machine can reach.
    #[error(
        "{address} can be reached from other machines, and whoever is on the way of a WebSocket reads and changes what goes \
         by"
    )]
    OpenNetwork {
        /// Where it would listen.
        address: std::net::SocketAddr,
    },
    /// An output that a verb would read, or read before.
    #[error(
        "{path} is what is read, or what the run learned from: write to another name, so that it is not lost"
    )]
    OutputIsInput {
        /// As asked for.
        path: PathBuf,
    },
    /// An output that would take the place of a file of the run.
    #[error("{path} is a part of the run: write to another name, so that the run stays whole")]
    OutputIsOfRun {
        /// As asked for.
        path: PathBuf,
    },
    /// A file that would be written beside another, and is there already, made by somebody else.
    #[error("{path} would be written as well, but is there and is not an exported program")]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A file whose kind cannot hold what is to be written.
    #[error("cannot write {path} like that: {remedy}")]
    BadOutput {
        /// The file.
        path: PathBuf,
        /// What would do.
        remedy: &'static str,
    },
}

impl Error {
    /// Whether the mistake is in what was asked for, rather than in what happened.
    pub fn is_usage(&self) -> bool {
        match self {
            // What is asked for is right; the worker is not there.
            Self::Device(DeviceError::Remote { source: RemoteError::Unreachable { .. }, .. }) => false,
            Self::Config(_)
            | Self::Device(_)
            | Self::MixedWorker { .. }
            | Self::Token(_)
            | Self::NoCorruption
            | Self::TooMany { .. }
            | Self::NoiseOutOfRange { .. }
            | Self::NoClasses { .. }
            | Self::NotANumber { .. }
            | Self::LabelIsFeature { .. }
            | Self::NoSuchUnit { .. }
            | Self::NoThreshold { .. }
            | Self::NotPictures { .. }
            | Self::BadOutput { .. }
            | Self::OutputIsInput { .. }
            | Self::OutputIsOfRun { .. }
            | Self::NotOurs { .. }
            | Self::OpenNetwork { .. }
            | Self::NoIdentity
            | Self::NoPosterior { .. }
            | Self::NoLikelihood { .. }
            | Self::CannotExtend { .. }
            | Self::Data(DataError::NoSuchRow { .. })
            | Self::Train(TrainError::PenaltyDoesNotFit { .. }) => true,
            Self::Dataset(error) => is_wrong_name(error),
            _ => false,
        }
    }
}

/// Errors of a file where the words of the command name it.
fn is_wrong_name(error: &DatasetError) -> bool {
    matches!(
        error,
        DatasetError::Unknown { .. } | DatasetError::BadShape { .. } | DatasetError::OutOfRange(_)
    )
}
