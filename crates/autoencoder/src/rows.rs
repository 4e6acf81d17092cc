//! Rows in and out of files: arrays and tables, by the file's extension.

use std::path::Path;

use autoencoder_core::Source;
use autoencoder_datasets::npy::{self, Array, Axes};
use autoencoder_datasets::{Columns, Table, is_table, read_table, write_table};

use crate::Error;

/// Rows to put through a model: of a table those columns, whatever else it has and in whatever order.
///
/// # Errors
/// What reading says; a column that is missing is named.
pub(crate) fn read(path: &Path, columns: Option<&[String]>) -> Result<Array, Error> {
    if !is_table(path)? {
        return Ok(npy::read(path)?);
    }
    let Table { matrix, .. } = read_table(path, Columns { only: columns, ..Columns::default() })?;
    Ok(Array { matrix, axes: Axes::Rows })
}

/// Writes all rows of a source: as a table with those names, or as an array with those axes. Returns the number of rows
/// and of values in each.
///
/// # Errors
/// What writing or reading the source says.
pub(crate) fn write(
    path: &Path,
    source: &dyn Source,
    axes: Axes,
    names: &[String],
) -> Result<(usize, usize), Error> {
    if path.extension().is_none_or(|extension| extension != "csv") {
        return Ok(npy::write(path, source, axes)?);
    }
    let (rows, columns) = (source.len(), source.shape().features());
    let mut values = vec![0.0; rows * columns];
    source.rows(&(0..rows).collect::<Vec<_>>(), &mut values)?;
    let cells = values.chunks_exact(columns.max(1)).map(|row| row.iter().map(f32::to_string).collect());
    write_table(path, names, cells)?;
    Ok((rows, columns))
}

/// `name_0`, `name_1` and so on.
pub(crate) fn numbered(name: &str, count: usize) -> Vec<String> {
    (0..count).map(|index| format!("{name}_{index}")).collect()
}
