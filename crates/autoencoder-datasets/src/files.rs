//! Rows in and out of files: which kind a file is of is found in its first bytes.

use std::path::Path;

use autoencoder_core::{ExampleShape, Source, for_each_chunk};

use crate::array::{Array, Axes};
use crate::format::{Heading, Rows};
use crate::narrow::Narrow;
use crate::numbers::Numbers;
use crate::progress::Listener;
use crate::scan::Scan;
use crate::table::{Table, choose, place};
use crate::{Column, Columns, DatasetError, Missing, formats, images, npy, pipe, text};

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
        let rows = Rows::from(Array { matrix, axes: Axes::ChannelsFirst });
        return Ok(Rows { pictures: files, deep, names_of_classes, ..rows });
    }
    if pipe::is_stream(path) {
        let file = pipe::spool(path, listener)?;
        return read_rows(file.path(), wanted, listener).map_err(|error| error.of(path));
    }
    let rows = (formats::of(path)?.read)(path, wanted, listener)?;
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
                ..Rows::from(Table { matrix: table.matrix.with_labels(labels), ..table })
            })
        }
        _ => Ok(Rows::from(table)),
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
    if let Some(words) = formats::of(path)?.words {
        return words(path, column);
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
    let values = matrix.read(0..matrix.len())?;
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
    formats::of(path)?.scan.map(|scan| scan(path, listener)).transpose()
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

/// Whether a file is to be a table, with a name for each column.
pub fn is_table(path: &Path) -> bool {
    formats::of_table(path).is_some()
}

/// Writes columns of one length, each with its name, in the format that the file's name ends as, `.csv` where that is not one
/// of tables; atomically.
///
/// # Errors
/// [`DatasetError::Unwritable`].
pub fn write_columns(
    path: &Path,
    columns: Vec<(String, Numbers)>,
    heading: Heading,
) -> Result<(), DatasetError> {
    let format = formats::of_table(path).and_then(|format| format.write);
    format.or(text::FORMAT.write).map_or(Ok(()), |write| write(path, columns, heading))
}
