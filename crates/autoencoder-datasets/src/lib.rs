//! Where examples come from: named data sets, files, splits and scaling.
//!
//! [`open`] finds a data set by name or path; [`split`] makes training, validation and test parts that
//! never overlap; [`Scaling`] is fitted on the training part alone. Everything that results is a
//! [`autoencoder_core::Source`], so that parts and scaled parts are used like the whole.
//!
//! ```
//! use autoencoder_core::{Seed, Source};
//! use autoencoder_datasets::{DataFolder, Scaling, ScalingKind, Wanted, open, split};
//!
//! let wanted = Wanted { examples: Some(200), ..Wanted::all("spiral", Seed::new(7)) };
//! let set = open(wanted, &DataFolder::new(None), &mut |_| {})?;
//! let parts = split(set, 0.1, 0.1, Seed::new(7))?;
//! assert_eq!(parts.train.len() + parts.validation.len(), 200);
//! let scaling = Scaling::fit(ScalingKind::Standardise, parts.train.as_ref(), Seed::new(7))?;
//! # Ok::<(), autoencoder_datasets::DatasetError>(())
//! ```

mod error;
mod fetch;
mod idx;
mod matrix;
pub mod npy;
mod scaling;
pub mod sources;
mod splits;
mod table;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use autoencoder_core::{ExampleShape, Seed, Source};

pub use error::DatasetError;
pub use fetch::{DataFolder, Progress};
pub use matrix::Matrix;
pub use scaling::{Scaled, Scaling, ScalingKind};
pub use sources::KINDS;
pub use splits::{Splits, split};
pub use table::{Columns, Table, read_table, write_table};

/// A data set: what can be trained on, and the test part it comes with, if it has one.
pub struct DataSet {
    /// Its name, or the path it was read from.
    pub name: String,
    /// The examples to train and validate on.
    pub train: Arc<dyn Source>,
    /// Examples kept apart by whoever made the data set.
    pub test: Option<Arc<dyn Source>>,
    /// The file it was read from, where it is one of the user's.
    pub file: Option<PathBuf>,
    /// The names of its columns, where it is a table that has them.
    pub columns: Option<Vec<String>>,
}

/// Which examples are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A data set by name, or the path of a `.npy` file or a table.
    pub name: &'a str,
    /// Which columns of a table.
    pub columns: Columns<'a>,
    /// How many training examples a procedural set makes, and of how many of its first any other consists;
    /// `None` for all.
    pub examples: Option<usize>,
    /// `[channels, height, width]` of what a file holds as flat rows.
    pub shape: Option<[usize; 3]>,
    /// Which examples a procedural set makes.
    pub seed: Seed,
}

impl<'a> Wanted<'a> {
    /// All examples of a set, as they are; a procedural one makes those of `seed`.
    pub fn all(name: &'a str, seed: Seed) -> Self {
        Self { name, columns: Columns::default(), examples: None, shape: None, seed }
    }
}

/// What opening a named set may need.
pub(crate) struct Request<'a> {
    pub(crate) folder: &'a DataFolder,
    /// How many examples a procedural set makes; others are cut to it.
    pub(crate) examples: Option<usize>,
    pub(crate) seed: Seed,
    pub(crate) progress: &'a mut dyn FnMut(Progress),
}

/// Opens a data set by name, or a `.npy` file or a table by path. `progress` is called while files are downloaded.
///
/// # Errors
/// [`DatasetError`]: an unknown name with the nearest one, a file that is missing, damaged or of a kind
/// that cannot be read, a shape that does not fit, a download that failed.
pub fn open(
    wanted: Wanted<'_>,
    folder: &DataFolder,
    progress: &mut dyn FnMut(Progress),
) -> Result<DataSet, DatasetError> {
    let Wanted { name, columns, examples, shape, seed } = wanted;
    let set = match sources::SETS.iter().find(|set| set.kind.name == name) {
        Some(set) => (set.open)(Request { folder, examples, seed, progress })?,
        None if is_path(name) => open_file(name, columns, shape)?,
        None => return Err(DatasetError::unknown(name)),
    };
    if set.columns.is_none() && (columns.label.is_some() || !columns.drop.is_empty()) {
        return Err(DatasetError::NoColumns { name: name.to_owned() });
    }
    let found = set.train.shape();
    match shape {
        Some(shape) if found != image(shape) => {
            Err(DatasetError::BadShape { name: name.to_owned(), shape, found })
        }
        _ => cut(set, examples),
    }
}

fn is_path(name: &str) -> bool {
    let path = Path::new(name);
    path.extension().is_some() || name.contains(['/', '\\']) || path.exists()
}

/// Whether a file is a table of text rather than an array, by its extension.
///
/// # Errors
/// [`DatasetError::Unreadable`], [`DatasetError::IsFolder`].
pub fn is_table(path: &Path) -> Result<bool, DatasetError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if path.is_dir() {
        return Err(DatasetError::IsFolder { path: path.to_owned() });
    }
    Ok(["csv", "tsv", "txt", "gz"].iter().any(|table| extension.eq_ignore_ascii_case(table)))
}

fn open_file(name: &str, columns: Columns<'_>, shape: Option<[usize; 3]>) -> Result<DataSet, DatasetError> {
    let path = Path::new(name);
    let (mut matrix, columns) = match is_table(path)? {
        true => {
            let Table { matrix, columns } = read_table(path, columns)?;
            (matrix, Some(columns))
        }
        false => (npy::read_matrix(path)?, None),
    };
    if let (Some(shape), ExampleShape::Flat(_)) = (shape, matrix.shape()) {
        let found = matrix.shape();
        matrix = matrix.with_shape(image(shape)).map_err(|_| DatasetError::BadShape {
            name: name.to_owned(),
            shape,
            found,
        })?;
    }
    let file = Some(PathBuf::from(name));
    Ok(DataSet { name: name.to_owned(), train: Arc::new(matrix), test: None, file, columns })
}

fn image([channels, height, width]: [usize; 3]) -> ExampleShape {
    ExampleShape::Image { channels, height, width }
}

fn cut(set: DataSet, examples: Option<usize>) -> Result<DataSet, DatasetError> {
    match examples {
        Some(examples) if examples < set.train.len() => {
            let first = autoencoder_core::Subset::new(Arc::clone(&set.train), (0..examples).collect())?;
            Ok(DataSet { train: Arc::new(first), ..set })
        }
        _ => Ok(set),
    }
}
