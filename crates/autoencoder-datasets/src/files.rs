//! Rows in and out of files: which kind a file is of is found in its first bytes.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use autoencoder_core::{ExampleShape, Source, for_each_chunk};

use crate::narrow::Narrow;
use crate::npy::{self, Array, Axes};
use crate::numbers::Numbers;
use crate::progress::Listener;
use crate::scan::Scan;
use crate::table::{choose, place};
use crate::{
    Column, Columns, DatasetError, Matrix, Missing, Table, columnar, idx, images, npz, pipe, table, tensors,
    text,
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
/// ```
/// use autoencoder_core::Source;
/// use autoencoder_datasets::{Columns, Listener, read_rows};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("table.csv");
/// std::fs::write(&path, "id,weight,colour\n1,2.5,red\n2,3.5,blue\n3,1.5,red\n")?;
/// let drop = ["id".to_owned()];
/// let rows = read_rows(&path, Columns { drop: &drop, ..Columns::default() }, &Listener::nobody())?;
/// // A number, and one feature for each word.
/// assert_eq!(rows.matrix.shape().features(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`DatasetError`] naming the file, and the row and the column where it is about one.
pub fn read_rows(path: &Path, wanted: Columns<'_>, listener: &Listener) -> Result<Rows, DatasetError> {
    if path.is_dir() {
        let images::Pictures { matrix, files, names_of_classes, deep } = images::read(path, wanted.shape)?;
        let axes = Axes::ChannelsFirst;
        let (unseen, lines) = (Vec::new(), Vec::new());
        return Ok(Rows {
            matrix,
            axes,
            columns: None,
            pictures: files,
            deep,
            names_of_classes,
            unseen,
            left_out: Vec::new(),
            lines,
        });
    }
    if pipe::is_stream(path) {
        let file = pipe::spool(path, listener)?;
        return read_rows(file.path(), wanted, listener).map_err(|error| error.of(path));
    }
    let missing = wanted.missing;
    let rows = match kind(path)? {
        Kind::Text => of_table(text::read_table(path, wanted, listener)?),
        Kind::Parquet => of_table(columnar::read_parquet(path, wanted, listener)?),
        Kind::Arrow => of_table(columnar::read_arrow(path, wanted, listener)?),
        Kind::Npy => of_array(npy::read(path, missing)?),
        Kind::Npz => {
            let npz::Labelled { array, names_of_classes } = npz::read(path, missing)?;
            Rows { names_of_classes, ..of_array(array) }
        }
        Kind::Tensors => of_array(tensors::read(path, missing)?),
        Kind::Idx => of_array(Array { matrix: idx::read_images(path)?, axes: Axes::Grey }),
    };
    let rows = as_table(path, rows, wanted)?;
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

fn of_table(Table { matrix, columns, names_of_classes, unseen, lines, left_out }: Table) -> Rows {
    let (axes, pictures) = (Axes::Rows, Vec::new());
    Rows {
        matrix,
        axes,
        columns: Some(columns),
        pictures,
        deep: false,
        names_of_classes,
        unseen,
        lines,
        left_out,
    }
}

fn of_array(Array { matrix, axes }: Array) -> Rows {
    let (pictures, names_of_classes, unseen, lines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    Rows {
        matrix,
        axes,
        columns: None,
        pictures,
        deep: false,
        names_of_classes,
        unseen,
        lines,
        left_out: Vec::new(),
    }
}

/// The rows of an array as those of a table whose columns are called `column_0` and so on, where something is wanted of them
/// that columns alone have: to be left out, to be the label, to be words, or to say what is missing.
fn as_table(path: &Path, rows: Rows, wanted: Columns<'_>) -> Result<Rows, DatasetError> {
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let is_flat = matches!(rows.matrix.shape(), ExampleShape::Flat(_));
    let width = rows.matrix.shape().features();
    let names: Vec<String> = (0..width).map(|column| format!("column_{column}")).collect();
    let are_named = wanted.only.is_some_and(|only| only.iter().all(|column| names.contains(&column.name)));
    let of_columns = !wanted.drop.is_empty()
        || (are_named && wanted.only.is_some_and(|only| only.len() < width))
        || !wanted.words.is_empty()
        || wanted.label.is_some()
        || (wanted.missing != Missing::Refuse && wanted.shape.is_none());
    let are_features = wanted.only.is_some_and(|only| only.len() != width && !are_named);
    if rows.columns.is_some() || !is_flat || !of_columns || are_features {
        return Ok(rows);
    }
    let chosen = choose(&names, wanted, false).map_err(bad)?;
    let label = wanted.label.map(|label| place(&names, label).map_err(bad)).transpose()?;
    let mut columns = wanted.reading(&names, &chosen);
    let origin = |column: usize| rows.matrix.origin().map_or(0.0, |origin| origin[column]);
    let mut cells = Narrow::new(chosen.len(), rows.matrix.len());
    let mut classes = Vec::new();
    for_each_chunk(&rows.matrix, |first, values| {
        for (row, values) in values.chunks_exact(width).enumerate() {
            let value = |column: usize| f64::from(values[column]) + origin(column);
            for (reading, &column) in columns.iter_mut().zip(&chosen) {
                let cell = reading.number(value(column));
                cells.push(
                    cell.map_err(|problem| bad(format!("row {}, column {column} {problem}", first + row)))?,
                );
            }
            classes.extend(label.map(|label| value(label).to_string()));
        }
        Ok::<_, DatasetError>(())
    })?;
    let table = Table::new(cells, columns, &classes).map_err(bad)?;
    let labels = rows.matrix.labels().map(<[i64]>::to_vec);
    match (label, labels) {
        (None, Some(labels)) => {
            let names_of_classes = rows.names_of_classes;
            Ok(Rows {
                names_of_classes,
                ..of_table(Table { matrix: table.matrix.with_labels(labels), ..table })
            })
        }
        _ => Ok(of_table(table)),
    }
}

/// The words of a column of a table (the one of that name, the only one, or one that is called as labels are), or the numbers
/// of an array with one for each row; of an `.npz` archive those of `y`. One for each row.
///
/// # Errors
/// [`DatasetError`]: no such column, or an array of several numbers a row.
pub fn read_labels(
    path: &Path,
    column: Option<&str>,
    listener: &Listener,
) -> Result<Vec<String>, DatasetError> {
    if pipe::is_stream(path) {
        let file = pipe::spool(path, listener)?;
        return read_labels(file.path(), column, listener).map_err(|error| error.of(path));
    }
    match kind(path)? {
        Kind::Text => return text::read_words(path, column),
        Kind::Parquet => return columnar::read_words(path, true, column),
        Kind::Arrow => return columnar::read_words(path, false, column),
        Kind::Npy | Kind::Npz | Kind::Tensors | Kind::Idx => {}
    }
    let Rows { matrix, names_of_classes, .. } = read_rows(path, Columns::default(), listener)?;
    if let Some(labels) = matrix.labels() {
        let word = |&label: &i64| names_of_classes.get(label as usize).cloned().unwrap_or(label.to_string());
        return Ok(labels.iter().map(word).collect());
    }
    if matrix.shape().features() != 1 {
        let message = format!("it holds {} numbers for each row, and no labels", matrix.shape().features());
        return Err(DatasetError::BadTable { path: path.to_owned(), message });
    }
    let mut values = vec![0.0; matrix.len()];
    matrix.rows(&(0..matrix.len()).collect::<Vec<_>>(), &mut values)?;
    let origin = matrix.origin().map_or(0.0, |origin| origin[0]);
    Ok(values.into_iter().map(|value| (f64::from(value) + origin).to_string()).collect())
}

/// What the columns of a table hold; `None` of what is no table as text.
///
/// # Errors
/// [`DatasetError`]: what is wrong with the file as a whole.
pub fn scan(path: &Path, listener: &Listener) -> Result<Option<Scan>, DatasetError> {
    if path.is_dir() || pipe::is_stream(path) {
        return Ok(None);
    }
    match kind(path)? {
        Kind::Text => text::scan(path, listener).map(Some),
        _ => Ok(None),
    }
}

fn kind(path: &Path) -> Result<Kind, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
    let mut start = Vec::new();
    let mut file = File::open(path).map_err(unreadable)?;
    (&mut file).take(9).read_to_end(&mut start).map_err(unreadable)?;
    // Of a text the header may begin with what a Parquet file does.
    let mut ends_like_parquet = || -> std::io::Result<bool> {
        let mut end = [0; 4];
        file.seek(SeekFrom::End(-4))?;
        file.read_exact(&mut end)?;
        Ok(end == *b"PAR1")
    };
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let is_called = |endings: &[&str]| endings.iter().any(|known| ending.eq_ignore_ascii_case(known));
    Ok(match &start[..] {
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Kind::Npy,
        [b'P', b'A', b'R', b'1', ..] if is_called(&["parquet"]) || ends_like_parquet().unwrap_or(false) => {
            Kind::Parquet
        }
        [b'A', b'R', b'R', b'O', b'W', b'1', 0, 0, ..] => Kind::Arrow,
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
    let firsts: Vec<usize> = columns
        .iter()
        .scan(0, |at, column| {
            *at += column.features();
            Some(*at - column.features())
        })
        .collect();
    let origin = |feature: usize| source.origin().map_or(0.0, |origin| origin[feature]);
    let of = |(column, &first): (&Column, &usize)| Numbers::of(column, rows, origin(first));
    let mut cells: Vec<Numbers> = columns.iter().zip(&firsts).map(of).collect();
    for_each_chunk(source, |_, values| {
        for row in values.chunks_exact(width.max(1)) {
            for ((cells, column), &first) in cells.iter_mut().zip(columns).zip(&firsts) {
                let end = (first + column.features()).min(row.len());
                cells.push(column, &row[first.min(end)..end], origin(first));
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
