//! Why a task failed.

use std::path::PathBuf;

/// Why a task failed, in one line.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TaskError {
    #[error("{0}")]
    Command(#[from] xshell::Error),
    #[error("cargo metadata failed: {0}")]
    Metadata(#[from] cargo_metadata::Error),
    #[error("cannot read {path}: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("cannot make a temporary folder: {0}; set TMPDIR to a folder that can be written")]
    NoTemporaryFolder(std::io::Error),
    #[error("{count} findings: mend each, then run `cargo xtask tidy` again")]
    Untidy { count: usize },
    #[error("`ae {verb} --json` printed what is no JSON: {source}")]
    NotJson { verb: &'static str, source: serde_json::Error },
    #[error("{what}: {path} differs: {left} and {right}")]
    Differs { what: String, path: String, left: String, right: String },
    #[error("training wrote no {file}: see `RunFolder` for what a run holds")]
    MissingFile { file: &'static str },
    #[error("the test error is {value}: expected a number above 0 at splits.test.squared_error_per_example")]
    BadTestError { value: String },
    #[error("{path} is missing: it makes the golden values")]
    NoScript { path: PathBuf },
    #[error("{step} failed: {source}")]
    Step { step: &'static str, source: Box<TaskError> },
    #[error("other numbers than flex's on {names}: see the lines above")]
    Backends { names: String },
    #[error("no folder `{name}` in AUTOENCODER_DATA: the .npz files of ADBench, or the files of MNIST")]
    NoData { name: &'static str },
    #[error("there is no row `{row}`: choose among {rows}")]
    NoRow { row: String, rows: String },
    #[error("{paper} has no rows that are trained with further seeds: leave --seeds out")]
    OneSeed { paper: &'static str },
    #[error("{count} claims of {paper} do not hold in the small version: see the lines above")]
    Claims { paper: &'static str, count: usize },
    #[error("the document of `ae` has no number at {pointer}")]
    NoNumber { pointer: String },
    #[error("{name} failed: {message}")]
    Side { name: &'static str, message: String },
    #[error("there is no workload `{id}`: choose among W1 to W7, W9 and I1 to I3")]
    NoWorkload { id: String },
    #[error("{} has no place for the table, between {mark} and <!-- end -->", path.display())]
    NoMarks { path: std::path::PathBuf, mark: String },
}

impl TaskError {
    /// What reading a file or a folder says.
    pub(crate) fn unreadable(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Unreadable { path, source }
    }
}
