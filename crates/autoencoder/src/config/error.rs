//! What can be wrong with a configuration.

use std::path::PathBuf;

use autoencoder_core::{RangeError, nearest};
use autoencoder_models::ModelError;
use autoencoder_train::TrainError;
use toml::{Table, Value};

use crate::config::table::find;

/// What can be wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Text that is no TOML.
    #[error("{origin}, line {line}: {message}")]
    Syntax {
        /// The file or recipe.
        origin: String,
        /// From 1.
        line: usize,
        /// What the parser said.
        message: String,
    },
    /// A key that nothing reads.
    #[error("unknown key `{key}`: {remedy}")]
    UnknownKey {
        /// The dotted key.
        key: String,
        /// The nearest valid one, or all.
        remedy: String,
    },
    /// A name that nothing has.
    #[error("unknown {key} `{value}`: {remedy}")]
    UnknownKind {
        /// The dotted key.
        key: String,
        /// Its value.
        value: String,
        /// The nearest valid one, or all.
        remedy: String,
    },
    /// A value of the wrong type, or a missing one.
    #[error("bad value at `{key}`: {message}")]
    BadValue {
        /// The dotted key.
        key: String,
        /// What was found and what was expected.
        message: String,
    },
    /// A number outside its range.
    #[error(transparent)]
    OutOfRange(#[from] RangeError),
    /// An assignment on the command line that cannot be read.
    #[error("`{assignment}` {problem}: write KEY=VALUE, such as model.code=2 or corruption.kind=masking")]
    Override {
        /// As given.
        assignment: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A recipe that does not exist.
    #[error("unknown recipe or file `{name}`: did you mean `{nearest}`?")]
    UnknownRecipe {
        /// As given.
        name: String,
        /// The nearest recipe.
        nearest: &'static str,
    },
    /// A configuration file that cannot be read.
    #[error("cannot read configuration {path}: {source}; give a TOML file or the name of a recipe")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A configuration that TOML cannot hold.
    #[error("the configuration cannot be written as TOML: {message}; use finite numbers")]
    Unwritable {
        /// What the writer said.
        message: String,
    },
    /// The `[model]` table.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// One of the `[[penalty]]` tables.
    #[error("penalty[{index}]: {source}")]
    Penalty {
        /// From 0.
        index: usize,
        /// What is wrong with it.
        source: RangeError,
    },
    /// One of the `[[stage]]` tables.
    #[error("stage[{index}]: {source}")]
    Stage {
        /// From 0.
        index: usize,
        /// What is wrong with it.
        source: Box<ConfigError>,
    },
    /// Stages of a model that has no layers to train one by one.
    #[error(
        "[[stage]] trains the layers of a dense model, but model.kind = \"{model}\": set model.kind = \"dense\", or leave the stages out"
    )]
    NotAStack {
        /// Its kind.
        model: &'static str,
    },
    /// A stage whose loss is of bits on codes that are none.
    #[error(
        "a cross-entropy compares codes between 0 and 1: set model.activation = \"sigmoid\", or leave the loss of the stage out"
    )]
    StageLoss,
    /// More or fewer stages than layers.
    #[error(
        "{stages} [[stage]] tables for {layers} layers (model.hidden and model.code): give one a layer, or one for all"
    )]
    StageCount {
        /// The tables.
        stages: usize,
        /// The layers.
        layers: usize,
    },
    /// The `[train]` table.
    #[error(transparent)]
    Train(#[from] TrainError),
}

impl ConfigError {
    /// Finds the dotted key that serde's message is about: inside tagged enums serde no longer knows
    /// the path, so the entry is looked up in the table.
    pub(crate) fn from_serde(error: &serde_path_to_error::Error<toml::de::Error>, table: &Table) -> Self {
        let message = error.inner().message().replace('\n', " ");
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        if let (Some(&word), true) = (quoted.first(), message.starts_with("unknown field")) {
            let key = find(table, &|key, _| key == word).unwrap_or_else(|| word.to_owned());
            return Self::UnknownKey { key, remedy: remedy(word, &quoted[1..]) };
        }
        if let (Some(&word), true) = (quoted.first(), message.starts_with("unknown variant")) {
            let is_value = |_: &str, value: &Value| value.as_str() == Some(word);
            let key = find(table, &is_value).unwrap_or_else(|| error.path().to_string());
            return Self::UnknownKind { key, value: word.to_owned(), remedy: remedy(word, &quoted[1..]) };
        }
        Self::BadValue { key: error.path().to_string(), message }
    }
}

fn remedy(word: &str, valid: &[&str]) -> String {
    match nearest(word, valid.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if valid.is_empty() => "remove it".to_owned(),
        None => format!("choose one of {}", valid.join(", ")),
    }
}
