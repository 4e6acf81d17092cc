//! NumPy's `.npz` archives: the array to learn from, and its labels.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use autoencoder_core::{ExampleShape, Source as _};
use zip::ZipArchive;

use crate::array::Array;
use crate::classes::Classes;
use crate::format::{Format, Rows};
use crate::npy::from_reader;
use crate::{DatasetError, Missing};

/// The array that is taken where there are several, and the one that labels its rows.
const EXAMPLES: &str = "x";
const LABELS: &str = "y";

/// A packed array that is larger than this, and so many times as large as it is packed, holds next to nothing: it is not
/// unpacked, however much memory there is.
const LARGE: u64 = 1 << 30;
const TIMES: u64 = 100;

/// `.npz`.
pub(crate) const FORMAT: Format = Format {
    endings: &["npz"],
    recognise: |head| head.start.starts_with(b"PK\x03\x04"),
    read: |path, wanted, _| {
        let Labelled { array, names_of_classes } = read(path, wanted.missing)?;
        Ok(Rows { names_of_classes, ..Rows::from(array) })
    },
    words: None,
    scan: None,
    write: None,
};

/// An array, and what the labels of its rows are called where they are not integers.
pub(crate) struct Labelled {
    pub(crate) array: Array,
    pub(crate) names_of_classes: Vec<String>,
}

/// Reads the only array of an archive, or the one called `x`, with `y` as labels where it has one number for each row.
///
/// # Errors
/// [`DatasetError::BadNpy`]: no archive, no such array, or what is wrong with it.
pub(crate) fn read(path: &Path, missing: Missing) -> Result<Labelled, DatasetError> {
    let bad = |message: String| DatasetError::BadNpy { path: path.to_owned(), message };
    let file =
        File::open(path).map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| bad(error.to_string()))?;
    let names: Vec<String> =
        archive.file_names().filter_map(|name| name.strip_suffix(".npy")).map(str::to_owned).collect();
    if archive.file_names().any(|name| name == "[Content_Types].xml") {
        return Err(DatasetError::Foreign {
            path: path.to_owned(),
            kind: "a workbook of a spreadsheet",
            remedy: "save the sheet as .csv",
        });
    }
    if ["indptr", "indices", "data"].iter().all(|part| names.iter().any(|name| name == part)) {
        return Err(DatasetError::Foreign {
            path: path.to_owned(),
            kind: "a sparse matrix of SciPy",
            remedy: "save it dense: numpy.save(\"x.npy\", matrix.toarray())",
        });
    }
    let wanted = match names.iter().find(|name| name.eq_ignore_ascii_case(EXAMPLES)) {
        Some(name) => name,
        None if names.len() == 1 => &names[0],
        None => return Err(bad(format!("it holds the arrays {names:?}; call the one to use `x`"))),
    };
    let array = member(path, &mut archive, wanted, missing)?;
    let unlabelled = |array| Labelled { array, names_of_classes: Vec::new() };
    let Some(labels) = names.iter().find(|name| name.eq_ignore_ascii_case(LABELS)) else {
        return Ok(unlabelled(array));
    };
    let labels = member(path, &mut archive, labels, Missing::Refuse)?.matrix;
    if labels.len() != array.matrix.len() || labels.shape() != ExampleShape::Flat(1) {
        return Ok(unlabelled(array));
    }
    let numbers = labels.read(0..labels.len())?;
    let origin = labels.origin().map_or(0.0, |origin| origin[0]);
    // As a table would say them: integers are classes of their own numbers, others of their words.
    let words: Vec<String> =
        numbers.into_iter().map(|number| (f64::from(number) + origin).to_string()).collect();
    let Classes { labels, names } = Classes::of_words(&words);
    Ok(Labelled {
        array: Array { matrix: array.matrix.with_labels(labels), ..array },
        names_of_classes: names,
    })
}

fn member(
    path: &Path,
    archive: &mut ZipArchive<BufReader<File>>,
    name: &str,
    missing: Missing,
) -> Result<Array, DatasetError> {
    let bad = |message: String| DatasetError::BadNpy { path: path.to_owned(), message };
    let entry = archive.by_name(&format!("{name}.npy")).map_err(|error| bad(error.to_string()))?;
    let (length, packed) = (entry.size(), entry.compressed_size());
    if length > LARGE && length / TIMES > packed {
        return Err(bad(format!(
            "`{name}` unpacks to {} MiB from {} MiB, more than {TIMES} times as much",
            length >> 20,
            packed >> 20
        )));
    }
    from_reader(path, entry, length, missing)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    #[test]
    fn a_large_array_that_is_packed_to_next_to_nothing_is_not_unpacked() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.npz");
        let mut archive = ZipWriter::new(File::create(&path).expect("a file"));
        archive.start_file("x.npy", SimpleFileOptions::default()).expect("begun");
        let zeros = vec![0; 1 << 24];
        // Whether it is an array is not looked at before its size is.
        (0..65).for_each(|_| archive.write_all(&zeros).expect("written"));
        archive.finish().expect("written");
        let error = read(&path, Missing::Refuse).err().expect("refused").to_string();
        assert!(error.contains("unpacks to 1040 MiB") && error.contains("numpy.savez"), "{error}");
    }
}
