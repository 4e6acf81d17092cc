//! What can go wrong with a data set.

use std::path::PathBuf;

use autoencoder_core::{DataError, RangeError};

/// Why there are no examples.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// A name that no set has.
    #[error("unknown data set `{name}`: {remedy}")]
    Unknown {
        /// As given.
        name: String,
        /// The nearest, or all.
        remedy: String,
    },
    /// A file that this build has no reader or writer of, or no way to get.
    #[error("{what} needs the feature `{feature}`, which this build lacks")]
    NotBuilt {
        /// The file.
        what: String,
        /// The feature of this crate.
        feature: &'static str,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}: {source}; check that it is a readable file")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file that cannot be written.
    #[error("cannot write {path}: {source}; check permissions, free space and that no folder is in the way")]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A folder without pictures.
    #[error(
        "{path} is a folder without pictures: give one of PNG or JPEG files, in it or in a subfolder for each class, or the path of a file"
    )]
    NoImages {
        /// The folder.
        path: PathBuf,
    },
    /// A picture that cannot be used.
    #[error("cannot use the picture {path}: {message}")]
    BadImage {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        message: String,
    },
    /// A `.safetensors` file without rows of numbers.
    #[error("cannot read the tensors of {path}: {message}")]
    BadTensors {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        message: String,
    },
    /// More rows than the memory holds.
    #[error(
        "{path} holds {rows} rows of {columns} numbers, more than the {available} MiB of free memory: use a part of it"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many rows it says it has.
        rows: usize,
        /// How many numbers each.
        columns: usize,
        /// The free memory in MiB.
        available: u64,
    },
    /// A file whose kind is not known.
    #[error(
        "{path} is not a known kind of file of rows (it begins with {found}): save an array with numpy.save, or give .npz, .csv, .parquet, .arrow, .safetensors, IDX or a folder of pictures"
    )]
    NotNpy {
        /// The file.
        path: PathBuf,
        /// Its first bytes.
        found: String,
    },
    /// A file of a kind that is known, and not read.
    #[error("{path} is {kind}, which is not read: {remedy}")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A `.npy` or `.npz` file that is cut short or holds something else than numbers.
    #[error(
        "{path} is a damaged or unsupported NumPy file: {message}; save a plain array of numbers with numpy.save or numpy.savez"
    )]
    BadNpy {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A table that cannot be read.
    #[error("cannot read the table {path}: {message}")]
    BadTable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        message: String,
    },
    /// A cell that is no number.
    #[error("{path}, line {line}, column `{column}` {problem}")]
    BadCell {
        /// The file.
        path: PathBuf,
        /// From 1, the header included.
        line: u64,
        /// Its name.
        column: String,
        /// What is wrong with it, and what to do.
        problem: String,
    },
    /// A class that no row has.
    #[error("{name} has no rows of class `{class}`: {remedy}")]
    NoClass {
        /// The data set.
        name: String,
        /// The class that was asked for.
        class: String,
        /// What there is, or what to do.
        remedy: String,
    },
    /// Columns of data that have none.
    #[error("data.drop, data.label and data.words name columns, but {name} is not a table: leave them out")]
    NoColumns {
        /// The data set.
        name: String,
    },
    /// A NaN or an infinity in a file.
    #[error(
        "{path}, row {row}, column {column} (counted from 0) holds {value}: remove the row, fill in a finite value, or train with data.missing = \"mean\" or \"indicator\""
    )]
    NotFinite {
        /// The file.
        path: PathBuf,
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The value.
        value: f32,
    },
    /// A shape that the rows do not have.
    #[error("data.shape = {shape:?} is {} values an example, but {name} has {found}: correct it (of a set with a choice squares of at least 16), or leave it out", shape.iter().product::<usize>())]
    BadShape {
        /// The data set.
        name: String,
        /// What was asked for.
        shape: [usize; 3],
        /// What an example is.
        found: autoencoder_core::ExampleShape,
    },
    /// An IDX file that is cut short or holds something else.
    #[error("{path} is not a valid IDX file: {message}; delete it and fetch {set} again")]
    BadIdx {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
        /// The set it belongs to.
        set: &'static str,
    },
    /// A file with another checksum than it should have.
    #[error("{path} has SHA-256 {found}, but {expected} is right: delete the file and fetch {set} again")]
    WrongChecksum {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
        /// What it is.
        found: String,
        /// The set it belongs to.
        set: &'static str,
    },
    /// A download that failed.
    #[error(
        "cannot download {url}: {message}; check the network, or name the folder that has {file} in AUTOENCODER_DATA"
    )]
    Download {
        /// What was asked for.
        url: String,
        /// What went wrong.
        message: String,
        /// The file that is needed, relative to the data folder.
        file: String,
    },
    /// No place to download to.
    #[error("this user has no cache folder to download to")]
    NoFolder,
    /// A part that ends up with no examples.
    #[error(
        "{key} = {share} of {examples} examples leaves the {part} part empty: use more examples or another share"
    )]
    EmptyPart {
        /// The configuration's key.
        key: &'static str,
        /// Its value.
        share: f64,
        /// Of how many.
        examples: usize,
        /// Which part.
        part: &'static str,
    },
    /// A share that is none.
    #[error(transparent)]
    OutOfRange(#[from] RangeError),
    /// Reading examples.
    #[error(transparent)]
    Data(#[from] DataError),
}

impl DatasetError {
    /// The same about `path`, where what was read is a copy of it.
    pub(crate) fn of(mut self, name: &std::path::Path) -> Self {
        match &mut self {
            Self::Unreadable { path, .. }
            | Self::BadTensors { path, .. }
            | Self::TooLarge { path, .. }
            | Self::NotNpy { path, .. }
            | Self::Foreign { path, .. }
            | Self::BadNpy { path, .. }
            | Self::BadTable { path, .. }
            | Self::BadCell { path, .. }
            | Self::NotFinite { path, .. }
            | Self::BadIdx { path, .. } => name.clone_into(path),
            _ => {}
        }
        self
    }
}
