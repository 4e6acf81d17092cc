//! NumPy's `.npz` archives: the array to learn from, and its labels.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use autoencoder_core::{ExampleShape, Source as _};
use zip::ZipArchive;

use crate::DatasetError;
use crate::npy::{Array, from_reader};

/// The array that is taken where there are several, and the one that labels its rows.
const EXAMPLES: &str = "x";
const LABELS: &str = "y";

/// Reads the only array of an archive, or the one called `x`, with `y` as labels where it has one number for each row.
///
/// # Errors
/// [`DatasetError::BadNpy`]: no archive, no such array, or what is wrong with it.
pub(crate) fn read(path: &Path) -> Result<Array, DatasetError> {
    let bad = |message: String| DatasetError::BadNpy { path: path.to_owned(), message };
    let file =
        File::open(path).map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| bad(error.to_string()))?;
    let names: Vec<String> =
        archive.file_names().filter_map(|name| name.strip_suffix(".npy")).map(str::to_owned).collect();
    let wanted = match names.iter().find(|name| name.eq_ignore_ascii_case(EXAMPLES)) {
        Some(name) => name,
        None if names.len() == 1 => &names[0],
        None => return Err(bad(format!("it holds the arrays {names:?}; call the one to use `x`"))),
    };
    let array = member(path, &mut archive, wanted)?;
    let Some(labels) = names.iter().find(|name| name.eq_ignore_ascii_case(LABELS)) else { return Ok(array) };
    let labels = member(path, &mut archive, labels)?.matrix;
    if labels.len() != array.matrix.len() || labels.shape() != ExampleShape::Flat(1) {
        return Ok(array);
    }
    let mut classes = vec![0.0; labels.len()];
    labels.rows(&(0..labels.len()).collect::<Vec<_>>(), &mut classes)?;
    let classes = classes.into_iter().map(|class| class as i64).collect();
    Ok(Array { matrix: array.matrix.with_labels(classes), ..array })
}

fn member(path: &Path, archive: &mut ZipArchive<BufReader<File>>, name: &str) -> Result<Array, DatasetError> {
    let bad = |message: String| DatasetError::BadNpy { path: path.to_owned(), message };
    let entry = archive.by_name(&format!("{name}.npy")).map_err(|error| bad(error.to_string()))?;
    let length = entry.size();
    from_reader(path, entry, length)
}
