//! Why there is no picture.

use std::path::PathBuf;

/// Why a picture was not drawn.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// Nothing to draw.
    #[error("{path} has nothing to show: give at least one {what} with finite values")]
    Empty {
        /// The picture.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// Values that are not as many as the shape says.
    #[error("{path}: {found} values are no image of {expected}; give whole images")]
    WrongSize {
        /// The picture.
        path: PathBuf,
        /// Values an image has.
        expected: usize,
        /// Values there are.
        found: usize,
    },
    /// The drawing library failed.
    #[error("{path} cannot be drawn: {message}; report this with the data that led to it")]
    Drawing {
        /// The picture.
        path: PathBuf,
        /// What it said.
        message: String,
    },
    /// The file cannot be written.
    #[error("cannot write {path}: {source}; check permissions, free space and that no folder is in the way")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
