//! Parquet and Arrow: tables by columns. A build without the feature `parquet` knows such files, and says what reads them.

#[cfg(feature = "parquet")]
mod guarded;
#[cfg_attr(not(feature = "parquet"), path = "absent.rs")]
mod reader;

use crate::format::{Format, Rows};

/// `.parquet`.
pub(crate) const PARQUET: Format = Format {
    endings: &["parquet"],
    // The header of a text may begin with what a Parquet file does.
    recognise: |head| {
        head.start.starts_with(b"PAR1") && (PARQUET.has_ending(head.path) || head.ends_in(*b"PAR1"))
    },
    read: |path, wanted, listener| reader::read_parquet(path, wanted, listener).map(Rows::from),
    words: Some(|path, column| reader::read_words(path, true, column)),
    scan: None,
    write: Some(|path, columns, _| {
        let (names, columns): (Vec<String>, Vec<_>) = columns.into_iter().unzip();
        reader::write_parquet(path, &names, columns)
    }),
};

/// Arrow's IPC files, also called Feather.
pub(crate) const ARROW: Format = Format {
    endings: &["arrow", "feather"],
    recognise: |head| head.start.starts_with(b"ARROW1\0\0"),
    read: |path, wanted, listener| reader::read_arrow(path, wanted, listener).map(Rows::from),
    words: Some(|path, column| reader::read_words(path, false, column)),
    scan: None,
    write: None,
};
