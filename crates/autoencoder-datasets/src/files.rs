//! Rows in and out of files: which kind a file is of is found in its first bytes.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use autoencoder_core::{ExampleShape, Source, for_each_chunk};

use crate::npy::{self, Array, Axes};
use crate::{
    Column, Columns, DatasetError, Matrix, Progress, Table, columnar, idx, images, npz, table, tensors,
};

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
    /// What the labels are called, where they are words or folders.
    pub names_of_classes: Vec<String>,
}

/// The kinds of files.
enum Kind {
    Npy,
    Npz,
    Parquet,
    Arrow,
    Idx,
    Tensors,
    Text,
}

/// Reads the rows of a file, or the pictures of a folder; `progress` is called while a table is read.
///
/// # Errors
/// [`DatasetError`] naming the file, and the row and the column where it is about one.
pub fn read_rows(
    path: &Path,
    wanted: Columns<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Rows, DatasetError> {
    if path.is_dir() {
        let images::Pictures { matrix, files, names_of_classes } = images::read(path, wanted.shape)?;
        let axes = Axes::ChannelsFirst;
        return Ok(Rows { matrix, axes, columns: None, pictures: files, names_of_classes });
    }
    let rows = match kind(path)? {
        Kind::Text => of_table(table::read_table(path, wanted, progress)?),
        Kind::Parquet => of_table(columnar::read_parquet(path, wanted, progress)?),
        Kind::Arrow => of_table(columnar::read_arrow(path, wanted, progress)?),
        Kind::Npy => of_array(npy::read(path)?),
        Kind::Npz => of_array(npz::read(path)?),
        Kind::Tensors => of_array(tensors::read(path)?),
        Kind::Idx => of_array(Array { matrix: idx::read_images(path)?, axes: Axes::Grey }),
    };
    match (wanted.shape, rows.matrix.shape()) {
        (Some(shape), ExampleShape::Flat(_)) => {
            let [channels, height, width] = shape;
            let found = rows.matrix.shape();
            let name = path.display().to_string();
            let matrix = rows
                .matrix
                .with_shape(ExampleShape::Image { channels, height, width })
                .map_err(|_| DatasetError::BadShape { name, shape, found })?;
            Ok(Rows { matrix, ..rows })
        }
        _ => Ok(rows),
    }
}

fn of_table(Table { matrix, columns, names_of_classes }: Table) -> Rows {
    Rows { matrix, axes: Axes::Rows, columns: Some(columns), pictures: Vec::new(), names_of_classes }
}

fn of_array(Array { matrix, axes }: Array) -> Rows {
    Rows { matrix, axes, columns: None, pictures: Vec::new(), names_of_classes: Vec::new() }
}

fn kind(path: &Path) -> Result<Kind, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
    let mut start = Vec::new();
    File::open(path).and_then(|file| file.take(9).read_to_end(&mut start)).map_err(unreadable)?;
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_called = |endings: &[&str]| endings.iter().any(|known| ending.eq_ignore_ascii_case(known));
    Ok(match &start[..] {
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Kind::Npy,
        [b'P', b'A', b'R', b'1', ..] => Kind::Parquet,
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Kind::Arrow,
        [b'P', b'K', 3, 4, ..] => Kind::Npz,
        [0, 0, 8, 3, ..] => Kind::Idx,
        // The length of the header, of which the last bytes are zeros, and the header.
        [_, _, _, _, _, 0, 0, 0, b'{'] => Kind::Tensors,
        [0x1f, 0x8b, ..] if path.to_string_lossy().contains("idx3") => Kind::Idx,
        // What it should be is named in the message about what it is not.
        _ if is_called(&["npy"]) => Kind::Npy,
        _ if is_called(&["npz"]) => Kind::Npz,
        _ if is_called(&["parquet"]) => Kind::Parquet,
        _ if is_called(&["arrow", "feather"]) => Kind::Arrow,
        _ if is_called(&["safetensors"]) => Kind::Tensors,
        _ if is_called(&["csv", "tsv", "txt", "gz"]) || start.is_empty() => Kind::Text,
        // A table by any name begins with text.
        _ if start.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) => Kind::Text,
        _ => Kind::Npy,
    })
}

/// Writes all rows of a source by the file's ending: `.csv` and `.parquet` with those columns, of which a word is the one
/// with the greatest feature, else a `.npy` array with those axes. Returns the number of rows and of values in each.
///
/// # Errors
/// [`DatasetError::Unwritable`], or what reading the source says.
pub fn write_rows(
    path: &Path,
    source: &dyn Source,
    axes: Axes,
    columns: &[Column],
    heading: Heading,
) -> Result<(usize, usize), DatasetError> {
    if !is_table(path) {
        return npy::write(path, source, axes);
    }
    let (rows, width) = (source.len(), source.shape().features());
    let mut cells: Vec<Numbers> = columns.iter().map(|column| Numbers::of(column, rows)).collect();
    for_each_chunk(source, |_, values| {
        for row in values.chunks_exact(width.max(1)) {
            let mut rest = row;
            for (cells, column) in cells.iter_mut().zip(columns) {
                let (features, others) = rest.split_at(column.features().min(rest.len()));
                cells.push(column, features);
                rest = others;
            }
        }
        Ok::<_, DatasetError>(())
    })?;
    let names = columns.iter().map(|column| column.name.clone());
    write_columns(path, names.zip(cells).collect(), heading)?;
    Ok((rows, columns.len()))
}

fn has_ending(path: &Path, known: &str) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case(known))
}

/// Whether a file is to be a table, with a name for each column.
pub fn is_table(path: &Path) -> bool {
    has_ending(path, "csv") || has_ending(path, "parquet")
}

/// Whether the first line of a `.csv` file names the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// It does.
    Names,
    /// It is a row: the file continues another.
    Continued,
}

/// The numbers of a column.
#[derive(Clone, Debug)]
pub enum Numbers {
    /// Counts and flags.
    Integers(Vec<i64>),
    /// As the model computes.
    Floats(Vec<f32>),
    /// Sums.
    Doubles(Vec<f64>),
    /// Of a column that holds words.
    Words(Vec<String>),
}

/// Writes columns of one length, each with its name, as `.csv` or `.parquet`, atomically.
///
/// # Errors
/// [`DatasetError::Unwritable`].
pub fn write_columns(
    path: &Path,
    columns: Vec<(String, Numbers)>,
    heading: Heading,
) -> Result<(), DatasetError> {
    let (names, columns): (Vec<String>, Vec<Numbers>) = columns.into_iter().unzip();
    if has_ending(path, "parquet") {
        return columnar::write_parquet(path, &names, columns);
    }
    let rows = columns.first().map_or(0, Numbers::len);
    table::write_table(
        path,
        (heading == Heading::Names).then_some(names),
        (0..rows).map(|row| columns.iter().map(|column| column.word(row)).collect()),
    )
}

impl Numbers {
    /// None yet of a column.
    fn of(column: &Column, rows: usize) -> Self {
        match column.words.is_empty() {
            true => Self::Floats(Vec::with_capacity(rows)),
            false => Self::Words(Vec::with_capacity(rows)),
        }
    }

    /// One more, from the features of its column.
    fn push(&mut self, column: &Column, features: &[f32]) {
        match self {
            Self::Words(words) => words.push(column.word(features).unwrap_or_default().to_owned()),
            Self::Floats(values) => values.push(features.first().copied().unwrap_or(f32::NAN)),
            Self::Integers(_) | Self::Doubles(_) => {}
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Doubles(values) => values.len(),
            Self::Words(words) => words.len(),
        }
    }

    fn word(&self, row: usize) -> String {
        match self {
            Self::Integers(values) => values[row].to_string(),
            Self::Floats(values) => values[row].to_string(),
            Self::Doubles(values) => values[row].to_string(),
            Self::Words(words) => words[row].clone(),
        }
    }
}
