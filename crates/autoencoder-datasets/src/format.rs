//! What a format of files is, and what is read from one.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use crate::array::{Array, Axes};
use crate::progress::Listener;
use crate::scan::Scan;
use crate::table::Table;
use crate::{Column, Columns, DatasetError, Matrix, Numbers};

/// How many bytes of a file are looked at.
const LOOKED_AT: u64 = 9;

/// A way in which files hold rows. One that is added has a file of its own and a line in `formats.rs`.
pub(crate) struct Format {
    /// The endings of its files' names, without dots, the usual one first.
    pub(crate) endings: &'static [&'static str],
    /// Whether a file is one, by its first bytes.
    pub(crate) recognise: fn(&mut Head<'_>) -> bool,
    /// Reads the rows of a file.
    pub(crate) read: fn(&Path, Columns<'_>, &Listener) -> Result<Rows, DatasetError>,
    /// The words of one column, the one of that name or else the one that is called as labels are, where it is a format of
    /// tables.
    pub(crate) words: Option<Words>,
    /// What the columns hold, where they have to be looked at to know.
    pub(crate) scan: Option<Look>,
    /// Writes columns of one length, where it is a format of tables.
    pub(crate) write: Option<Write>,
}

/// See [`Format::words`].
pub(crate) type Words = fn(&Path, Option<&str>) -> Result<Vec<String>, DatasetError>;

/// See [`Format::scan`].
pub(crate) type Look = fn(&Path, &Listener) -> Result<Scan, DatasetError>;

/// See [`Format::write`].
pub(crate) type Write = fn(&Path, Vec<(String, Numbers)>, Heading) -> Result<(), DatasetError>;

/// Whether the first line of a `.csv` file names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// It does.
    Names,
    /// It is a row: the file continues another.
    Continued,
}

impl Format {
    /// Whether a file is called as those of this format are.
    pub(crate) fn has_ending(&self, path: &Path) -> bool {
        self.endings.iter().any(|known| ends_as(path, known))
    }

    /// Whether a file is called as those of this format usually are, which is how they are written.
    pub(crate) fn is_usual(&self, path: &Path) -> bool {
        ends_as(path, self.endings[0])
    }
}

fn ends_as(path: &Path, known: &str) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(known))
}

/// The beginning of a file.
pub(crate) struct Head<'a> {
    pub(crate) path: &'a Path,
    pub(crate) start: Vec<u8>,
    file: File,
}

impl<'a> Head<'a> {
    /// # Errors
    /// [`DatasetError::Unreadable`].
    pub(crate) fn of(path: &'a Path) -> Result<Self, DatasetError> {
        let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
        let (mut start, mut file) = (Vec::new(), File::open(path).map_err(unreadable)?);
        (&mut file).take(LOOKED_AT).read_to_end(&mut start).map_err(unreadable)?;
        Ok(Self { path, start, file })
    }

    /// Whether the file ends in these four bytes.
    pub(crate) fn ends_in(&mut self, end: [u8; 4]) -> bool {
        let mut last = [0; 4];
        let read = self.file.seek(SeekFrom::End(-4)).and_then(|_| self.file.read_exact(&mut last));
        read.is_ok() && last == end
    }
}

/// Rows as they were read.
#[derive(Clone, Debug)]
pub struct Rows {
    /// Their values, with labels where the file has them.
    pub matrix: Matrix,
    /// The axes of the array, where it is one.
    pub axes: Axes,
    /// The columns that the values are features of, where it is a table.
    pub columns: Option<Vec<Column>>,
    /// The pictures' paths within the folder, where it is one of pictures.
    pub pictures: Vec<PathBuf>,
    /// Whether the pictures have sixteen bits a channel.
    pub deep: bool,
    /// What the labels are called, where they are words or folders.
    pub names_of_classes: Vec<String>,
    /// How many words of each row the columns that were wanted do not have; empty where there are none.
    pub unseen: Vec<u32>,
    /// The line of the file that each row begins in; empty where it has no lines.
    pub lines: Vec<u64>,
    /// Columns that are left out without having been asked to be: the number of the row.
    pub left_out: Vec<String>,
}

impl From<Array> for Rows {
    fn from(Array { matrix, axes }: Array) -> Self {
        Self {
            matrix,
            axes,
            columns: None,
            pictures: Vec::new(),
            deep: false,
            names_of_classes: Vec::new(),
            unseen: Vec::new(),
            lines: Vec::new(),
            left_out: Vec::new(),
        }
    }
}

impl From<Table> for Rows {
    fn from(Table { matrix, columns, names_of_classes, unseen, lines, left_out }: Table) -> Self {
        let array = Self::from(Array { matrix, axes: Axes::Rows });
        Self { columns: Some(columns), names_of_classes, unseen, lines, left_out, ..array }
    }
}
