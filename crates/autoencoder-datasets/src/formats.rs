//! The formats of files, and which of them a file is of.

use std::path::Path;

use crate::DatasetError;
use crate::format::{Format, Head};
use crate::{columnar, idx, npy, npz, tensors, text};

/// All of them, one line each. The first that recognises a file's first bytes reads it, else the one that the file's name
/// ends as.
const FORMATS: &[&Format] = &[
    &npy::FORMAT,
    &columnar::PARQUET,
    &columnar::ARROW,
    &npz::FORMAT,
    &idx::FORMAT,
    &tensors::FORMAT,
    &text::FORMAT,
];

/// The format of a file. What no format knows is said to be a damaged array: its reader names what is wrong.
///
/// # Errors
/// [`DatasetError::Unreadable`].
pub(crate) fn of(path: &Path) -> Result<&'static Format, DatasetError> {
    let mut head = Head::of(path)?;
    let mut all = FORMATS.iter().copied();
    if let Some(format) = all.clone().find(|format| (format.recognise)(&mut head)) {
        return Ok(format);
    }
    // What it should be is named in the message about what it is not.
    if let Some(format) = all.find(|format| format.has_ending(path)) {
        return Ok(format);
    }
    // A table by any name begins with text.
    let is_text = head.start.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace());
    Ok(if is_text { &text::FORMAT } else { &npy::FORMAT })
}

/// The format of tables in which a file of that name is written; `None` where it is to be an array.
pub(crate) fn of_table(path: &Path) -> Option<&'static Format> {
    FORMATS.iter().copied().find(|format| format.write.is_some() && format.is_usual(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ending_belongs_to_one_format_which_a_file_without_known_bytes_is_of() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut seen = std::collections::BTreeSet::new();
        for format in FORMATS {
            for ending in format.endings {
                assert!(seen.insert(*ending), "{ending}");
                let path = folder.path().join(format!("x.{}", ending.to_uppercase()));
                std::fs::write(&path, [1, 2, 3]).expect("written");
                let found = of(&path).expect("read").endings;
                assert_eq!(found, format.endings);
            }
        }
    }

    #[test]
    fn bytes_count_more_than_the_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let found = |bytes: &[u8], name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).expect("written");
            of(&path).expect("read").endings[0]
        };
        assert_eq!(found(b"\x93NUMPY\x01\x00", "x.csv"), "npy");
        assert_eq!(found(b"PAR1,a\n1,2\n", "x.csv"), "csv");
        assert_eq!(found(b"PAR1 and PAR1", "x"), "parquet");
        assert_eq!(found(b"ARROW1\0\0", "x.csv"), "arrow");
        assert_eq!(found(b"PK\x03\x04", "x"), "npz");
        assert_eq!(found(&[0, 0, 8, 3, 0], "x"), "idx");
        assert_eq!(found(&[0x1f, 0x8b, 8], "train-idx3-ubyte.gz"), "idx");
        assert_eq!(found(&[0x1f, 0x8b, 8], "x.gz"), "csv");
        assert_eq!(found(&[9, 0, 0, 0, 0, 0, 0, 0, b'{'], "x"), "safetensors");
        assert_eq!(found(b"a,b\n", "x"), "csv");
        assert_eq!(found(b"", "x"), "csv");
        assert_eq!(found(&[200, 1], "x"), "npy");
    }
}
