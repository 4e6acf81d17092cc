//! Rows to put through a model, and what comes out of it.

use std::path::{Path, PathBuf};

use autoencoder_core::{ExampleShape, Source};
use autoencoder_datasets::{Axes, Columns, Rows, read_rows, write_pictures, write_rows};

use crate::{Error, Trained};

/// Rows for a model: of a table its columns, whatever else it has and in whatever order; pictures in its size.
///
/// # Errors
/// What reading says; a column that is missing is named.
pub(crate) fn read(path: &Path, trained: &Trained) -> Result<Rows, Error> {
    let shape = match trained.card.shape {
        ExampleShape::Image { channels, height, width } if path.is_dir() => Some([channels, height, width]),
        _ => None,
    };
    let only = trained.columns.as_deref();
    let missing = trained.card.scaling.missing();
    Ok(read_rows(path, Columns { only, shape, missing, ..Columns::default() })?)
}

/// Writes all rows of a source: pictures into a folder where the path has no ending and pictures were read, else by the
/// path's ending. Returns the number of rows and of values in each.
///
/// # Errors
/// What writing or reading the source says.
pub(crate) fn write(
    path: &Path,
    source: &dyn Source,
    axes: Axes,
    names: &[String],
    pictures: &[PathBuf],
) -> Result<(usize, usize), Error> {
    let is_image = matches!(source.shape(), ExampleShape::Image { .. });
    match path.extension().is_none() && is_image && !pictures.is_empty() {
        true => Ok(write_pictures(path, source, pictures)?),
        false => Ok(write_rows(path, source, axes, names)?),
    }
}

/// `name_0`, `name_1` and so on.
pub(crate) fn numbered(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{name}_{index}")).collect()
}
