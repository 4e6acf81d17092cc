//! What can go wrong in training.

use std::path::PathBuf;

use autoencoder_core::{DataError, DeviceError, ExampleShape, RangeError};

/// Why a training did not start, or did not end.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A number outside its range in the `[train]` part.
    #[error(transparent)]
    OutOfRange(#[from] RangeError),
    /// A device that cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Data that cannot be trained on.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Examples of a shape other than the model's.
    #[error(
        "the model takes {model}, but the {part} examples are {data}: build the model from the data's shape"
    )]
    WrongShape {
        /// `training` or `validation`.
        part: &'static str,
        /// What the model takes.
        model: ExampleShape,
        /// What the data hold.
        data: ExampleShape,
    },
    /// Examples of a width other than the one a classifier takes.
    #[error(
        "the classifier takes {expected} features, but the {part} examples have {found}: use the data the encoder was trained on"
    )]
    WrongWidth {
        /// `training` or `validation`.
        part: &'static str,
        /// What the classifier takes.
        expected: usize,
        /// What the data hold.
        found: usize,
    },
    /// Data that do not say which class an example is of.
    #[error(
        "the {part} examples have no classes: name the column that holds them (data.label), or use a data set with labels"
    )]
    NoLabels {
        /// `training` or `validation`.
        part: &'static str,
    },
    /// A class that the classifier has no output for.
    #[error("{part} example {row} is of class {label}, but the classifier knows classes 0 to {}: build it with more classes", classes - 1)]
    NoSuchClass {
        /// `training` or `validation`.
        part: &'static str,
        /// The example, from 0.
        row: usize,
        /// Its class.
        label: i64,
        /// The number of classes.
        classes: usize,
    },
    /// A penalty on something that the model does not have.
    #[error(
        "penalty `{penalty}` needs {needs}, which this model does not have: leave the penalty out or use another model"
    )]
    PenaltyDoesNotFit {
        /// The penalty's name.
        penalty: &'static str,
        /// What it asks for, in words.
        needs: &'static str,
    },
    /// A NaN or an infinity in the objective.
    #[error("the {term} became {value} at epoch {epoch}, step {step}: {cause}")]
    Diverged {
        /// Which term.
        term: String,
        /// NaN or an infinity.
        value: f64,
        /// The epoch, from 1.
        epoch: usize,
        /// The step in the epoch, from 1.
        step: usize,
        /// The likely cause and the remedy.
        cause: String,
    },
    /// A file of the run that cannot be written.
    #[error("cannot write {path}: {source}; check permissions and free space")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the run that cannot be read.
    #[error("cannot read {path}: {source}; it is needed to resume")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the run that holds something else.
    #[error(
        "{path}, line {line}: {message}; remove that line and those after it to resume from the epoch before"
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// A checkpoint that does not fit the model or cannot be read.
    #[error("checkpoint {path} cannot be used: {message}; delete the folder's checkpoints to start again")]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A model that could not be kept.
    #[error("the model of an epoch cannot be kept: {0}")]
    Keep(#[source] Box<dyn std::error::Error + Send + Sync>),
}
