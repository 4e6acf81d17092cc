//! Tables of numbers as text, comma-separated.

use std::path::Path;

use autoencoder_core::files::write_atomically;

use crate::DatasetError;

/// Writes a header and rows of cells as a `.csv` file, atomically.
///
/// # Errors
/// [`DatasetError::Unwritable`].
pub fn write_table(
    path: &Path,
    header: &[String],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), DatasetError> {
    let unwritable = |source| DatasetError::Unwritable { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let written = writer.write_record(header);
    rows.fold(written, |done, row| done.and_then(|()| writer.write_record(row)))
        .map_err(|error| unwritable(std::io::Error::other(error)))?;
    let bytes = writer.into_inner().map_err(|error| unwritable(error.into_error()))?;
    write_atomically(path, &bytes).map_err(unwritable)
}
