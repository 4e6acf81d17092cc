//! Where examples come from: named data sets, files, splits and scaling.
//!
//! [`open`] finds a data set by name or path; [`split`] makes training, validation and test parts that
//! never overlap; [`Scaling`] is fitted on the training part alone. Everything that results is a
//! [`autoencoder_core::Source`], so that parts and scaled parts are used like the whole.
//!
//! ```
//! use autoencoder_core::{Seed, Source};
//! use autoencoder_datasets::{DataFolder, Scaling, ScalingKind, open, split};
//!
//! let set = open("spiral", &DataFolder::new(None), Some(200), Seed::new(7), &mut |_| {})?;
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

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::{Seed, Source};

pub use error::DatasetError;
pub use fetch::{DataFolder, Progress};
pub use matrix::Matrix;
pub use scaling::{Scaled, Scaling, ScalingKind};
pub use sources::KINDS;
pub use splits::{Splits, split};

/// A data set: what can be trained on, and the test part it comes with, if it has one.
pub struct DataSet {
    /// Its name, or the path it was read from.
    pub name: String,
    /// The examples to train and validate on.
    pub train: Arc<dyn Source>,
    /// Examples kept apart by whoever made the data set.
    pub test: Option<Arc<dyn Source>>,
}

/// What opening a named set may need.
pub(crate) struct Request<'a> {
    pub(crate) folder: &'a DataFolder,
    /// How many examples a procedural set makes; others are cut to it.
    pub(crate) examples: Option<usize>,
    pub(crate) seed: Seed,
    pub(crate) progress: &'a mut dyn FnMut(Progress),
}

/// Opens a data set by name, or a `.npy` file by path. `examples` is how many training examples a
/// procedural set makes (`seed` decides which), and of how many of the first any other set consists.
/// `progress` is called while files are downloaded.
///
/// # Errors
/// [`DatasetError`]: an unknown name with the nearest one, a file that is missing, damaged or of a kind
/// that cannot be read, a download that failed.
pub fn open(
    name: &str,
    folder: &DataFolder,
    examples: Option<usize>,
    seed: Seed,
    progress: &mut dyn FnMut(Progress),
) -> Result<DataSet, DatasetError> {
    if let Some(set) = sources::SETS.iter().find(|set| set.kind.name == name) {
        let set = (set.open)(Request { folder, examples, seed, progress })?;
        return cut(set, examples);
    }
    let path = Path::new(name);
    let is_path = path.extension().is_some() || name.contains(['/', '\\']) || path.exists();
    if !is_path {
        return Err(DatasetError::unknown(name));
    }
    let matrix = npy::read_matrix(path)?;
    cut(DataSet { name: name.to_owned(), train: Arc::new(matrix), test: None }, examples)
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
