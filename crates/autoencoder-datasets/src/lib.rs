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
//! let set = open(wanted, &DataFolder::new(None))?;
//! let parts = split(set, 0.1, 0.1, Seed::new(7))?;
//! assert_eq!(parts.train.len() + parts.validation.len(), 200);
//! let scaling = Scaling::fit(ScalingKind::Standardise, parts.train.as_ref(), Seed::new(7))?;
//! # Ok::<(), autoencoder_datasets::DatasetError>(())
//! ```

mod array;
mod cells;
mod classes;
mod columnar;
mod columns;
mod error;
mod fetch;
mod files;
mod format;
mod formats;
mod idx;
mod images;
mod matrix;
mod memory;
mod missing;
mod narrow;
mod npy;
mod npz;
mod numbers;
mod pipe;
mod progress;
#[cfg_attr(not(feature = "download"), path = "unreceived.rs")]
mod receive;
mod remote;
mod scaled;
mod scaling;
mod scan;
pub mod sources;
mod splits;
mod table;
mod tensors;
mod text;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use autoencoder_core::{ExampleShape, Seed, Source};

pub use array::Axes;
pub use columns::Column;
pub use error::DatasetError;
pub use fetch::DataFolder;
pub use files::{is_table, read_labels, read_rows, scan, write_columns, write_rows};
pub use format::{Heading, Rows};
pub use images::{files_of, write_pictures};
pub use matrix::Matrix;
pub use memory::available_memory;
pub use missing::Missing;
pub use numbers::Numbers;
pub use progress::{Listener, Progress, Unit};
pub use scaled::Scaled;
pub use scaling::{Scaling, ScalingKind};
pub use scan::{Guess, OddCell, Scan, ScannedColumn};
pub use sources::KINDS;
pub use splits::{Splits, split};
use table::Table;
pub use table::{Columns, LABELS, Unlabelled};

/// A data set: what can be trained on, and the test part it comes with, if it has one.
#[derive(Clone)]
pub struct DataSet {
    /// Its name, or the path it was read from.
    pub name: String,
    /// The examples to train and validate on.
    pub train: Arc<dyn Source>,
    /// Examples kept apart by whoever made the data set.
    pub test: Option<Arc<dyn Source>>,
    /// Where in each picture of the test part the defect is, 255 inside and 0 outside, where that is known.
    pub test_masks: Option<Arc<dyn Source>>,
    /// The file it was read from, where it is one of the user's.
    pub file: Option<PathBuf>,
    /// The columns that its features are of, where it is a table.
    pub columns: Option<Vec<Column>>,
    /// What its labels are called, where they are words of a table or folders of pictures.
    pub names_of_classes: Vec<String>,
    /// Columns of a table that are left out without having been asked to be: the number of the row.
    pub left_out: Vec<String>,
}

/// Which examples are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// A data set by name, or the path of a file or of a folder of pictures.
    pub name: &'a str,
    /// Which columns of a table, and the shape of images.
    pub columns: Columns<'a>,
    /// How many training examples a procedural set makes, and of how many of its first any other consists;
    /// `None` for all.
    pub examples: Option<usize>,
    /// Only the examples of the class of this name.
    pub class: Option<&'a str>,
    /// Which examples a procedural set makes.
    pub seed: Seed,
}

impl<'a> Wanted<'a> {
    /// All examples of a set, as they are; a procedural one makes those of `seed`.
    pub fn all(name: &'a str, seed: Seed) -> Self {
        Self { name, columns: Columns::default(), examples: None, class: None, seed }
    }
}

/// What opening a named set may need.
pub(crate) struct Request<'a> {
    pub(crate) folder: &'a DataFolder,
    /// How many examples a procedural set makes; others are cut to it.
    pub(crate) examples: Option<usize>,
    pub(crate) seed: Seed,
    /// `[channels, height, width]` that is asked for, for those that have a choice.
    pub(crate) shape: Option<[usize; 3]>,
}

/// Opens a data set by name, or a file or a folder of pictures by path. The folder's listener is told while files are
/// downloaded and while a table is read.
///
/// # Errors
/// [`DatasetError`]: an unknown name with the nearest one, a file that is missing, damaged or of a kind
/// that cannot be read, a shape that does not fit, a download that failed.
pub fn open(wanted: Wanted<'_>, folder: &DataFolder) -> Result<DataSet, DatasetError> {
    let Wanted { name, columns, examples, class, seed } = wanted;
    let shape = columns.shape;
    let set = match sources::SETS.iter().find(|set| set.kind.name == name) {
        Some(set) => (set.open)(Request { folder, examples, seed, shape })?,
        None if is_path(name) => open_file(name, columns, folder.listener())?,
        None => return Err(DatasetError::unknown(name)),
    };
    let of_columns = columns.label.is_some() || !columns.drop.is_empty() || !columns.words.is_empty();
    if set.columns.is_none() && of_columns {
        return Err(DatasetError::NoColumns { name: name.to_owned() });
    }
    let found = set.train.shape();
    match shape {
        Some(shape) if found != image(shape) => {
            Err(DatasetError::BadShape { name: name.to_owned(), shape, found })
        }
        _ => match class {
            Some(class) => cut(classes::only(set, class)?, examples),
            None => cut(set, examples),
        },
    }
}

fn is_path(name: &str) -> bool {
    let path = Path::new(name);
    path.extension().is_some() || name.contains(['/', '\\']) || path.exists()
}

fn open_file(name: &str, columns: Columns<'_>, listener: &Listener) -> Result<DataSet, DatasetError> {
    let Rows { matrix, columns, names_of_classes, left_out, .. } =
        read_rows(Path::new(name), columns, listener)?;
    // What can be read only once cannot be known again.
    let file = (!pipe::is_stream(Path::new(name))).then(|| PathBuf::from(name));
    let train = Arc::new(matrix);
    Ok(DataSet {
        name: name.to_owned(),
        train,
        test: None,
        test_masks: None,
        file,
        columns,
        names_of_classes,
        left_out,
    })
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

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
