//! Tables of numbers as text: `.csv` and its relatives.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use autoencoder_core::ExampleShape;
use autoencoder_core::files::write_atomically;
use csv::{ReaderBuilder, StringRecord, Trim};
use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use crate::{DatasetError, Matrix};

/// What of a table is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns<'a> {
    /// These columns, in this order; all, in the order of the file, where it is absent.
    pub only: Option<&'a [String]>,
    /// Not these.
    pub drop: &'a [String],
    /// Not this one either: it names the class of each row.
    pub label: Option<&'a str>,
    /// `[channels, height, width]` of what a file holds as flat rows, and what pictures are resized to.
    pub shape: Option<[usize; 3]>,
    /// What becomes of a cell without a value.
    pub missing: Missing,
}

/// What becomes of a cell of a table that has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The table is refused, naming the cell.
    #[default]
    Refuse,
    /// It takes the mean that its column has in the training part.
    Mean,
}

/// A table of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its rows, with labels where a column of them was named.
    pub(crate) matrix: Matrix,
    /// The names of its columns: `column_0` and so on where the file has none.
    pub(crate) columns: Vec<String>,
}

/// Cells that stand for a value nobody knows.
const MISSING: [&str; 7] = ["", "na", "nan", "null", "none", "?", "n/a"];

/// Reads the numbers of a table: comma, semicolon or tab between cells, quoted or not, gzipped or not. A first row with
/// a cell that is no number is the header.
///
/// # Errors
/// [`DatasetError`] naming the file, and the line and the column of a cell that is missing, no number or not finite, or
/// of a row of another length; a column that is not there or there twice.
pub(crate) fn read_table(path: &Path, wanted: Columns<'_>) -> Result<Table, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let mut text = open(path).map_err(unreadable)?;
    let first = text.fill_buf().map_err(unreadable)?;
    if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
        return Err(bad("it is UTF-16: save it as UTF-8".to_owned()));
    }
    if first.is_empty() {
        return Err(bad("it is empty: save it again".to_owned()));
    }
    let delimiter = delimiter(first);
    // The reader begins a row after "\r\n" before its "\n", on the line above.
    let above =
        u64::from(first.split(|&byte| byte == b'\n').next().is_some_and(|line| line.ends_with(b"\r")));
    // What stands before the first row of a file that a spreadsheet saved as UTF-8.
    if first.starts_with(&[0xef, 0xbb, 0xbf]) {
        text.consume(3);
    }
    let mut reader =
        ReaderBuilder::new().has_headers(false).delimiter(delimiter).trim(Trim::All).from_reader(text);
    let mut record = StringRecord::new();
    let mut next =
        |record: &mut StringRecord| reader.read_record(record).map_err(|error| bad(words(&error, above)));
    if !next(&mut record)? {
        return Err(bad("it has no rows: save it again".to_owned()));
    }
    let has_header = record.iter().any(|cell| cell.parse::<f32>().is_err() && !is_missing(cell));
    let names: Vec<String> = match has_header {
        true => record.iter().map(str::to_owned).collect(),
        false => (0..record.len()).map(|column| format!("column_{column}")).collect(),
    };
    let chosen = choose(&names, wanted, has_header).map_err(bad)?;
    let label = wanted.label.map(|label| place(&names, label).map_err(bad)).transpose()?;
    let (mut values, mut classes) = (Vec::new(), Vec::new());
    let mut more = !has_header || next(&mut record)?;
    while more {
        let line = line(record.position(), above);
        for &column in &chosen {
            let cell = &record[column];
            values.push(number(cell, wanted.missing).map_err(|problem| DatasetError::BadCell {
                path: path.to_owned(),
                line,
                column: names[column].clone(),
                problem,
            })?);
        }
        classes.extend(label.map(|label| record[label].to_owned()));
        more = next(&mut record)?;
    }
    if values.is_empty() {
        return Err(bad("it has no rows below its header: save it again".to_owned()));
    }
    let matrix = Matrix::new(ExampleShape::Flat(chosen.len()), values).with_natural_range();
    let matrix = if label.is_some() { matrix.with_labels(labels(&classes)) } else { matrix };
    Ok(Table { matrix, columns: chosen.into_iter().map(|column| names[column].clone()).collect() })
}

/// The file as text, unpacked where it is gzip.
fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(File::open(path)?);
    Ok(match file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        true => Box::new(BufReader::new(MultiGzDecoder::new(file))),
        false => Box::new(file),
    })
}

/// What stands most often in the first line.
fn delimiter(text: &[u8]) -> u8 {
    let line = text.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|&&byte| byte == delimiter).count();
    // The last of equals: a comma where there is none.
    [b'\t', b';', b','].into_iter().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}

/// The places of the columns that are wanted.
pub(crate) fn choose(names: &[String], wanted: Columns<'_>, has_header: bool) -> Result<Vec<usize>, String> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(format!("it has two columns `{twice}`: rename one"));
    }
    match wanted.only {
        // A file without names is taken by its order.
        Some(only) if !has_header && only.len() == names.len() => Ok((0..names.len()).collect()),
        Some(only) => only.iter().map(|name| place(names, name)).collect(),
        None => {
            let left_out: Result<Vec<usize>, String> = wanted
                .drop
                .iter()
                .map(String::as_str)
                .chain(wanted.label)
                .map(|name| place(names, name))
                .collect();
            let left_out = left_out?;
            let chosen: Vec<usize> = (0..names.len()).filter(|column| !left_out.contains(column)).collect();
            if chosen.is_empty() { Err("no column is left".to_owned()) } else { Ok(chosen) }
        }
    }
}

pub(crate) fn place(names: &[String], name: &str) -> Result<usize, String> {
    names.iter().position(|found| found == name).ok_or_else(|| {
        let nearest = autoencoder_core::nearest(name, names.iter().map(String::as_str));
        let all = || format!("it has {}", names.join(", "));
        format!(
            "it has no column `{name}`: {}",
            nearest.map_or_else(all, |name| format!("did you mean `{name}`?"))
        )
    })
}

fn is_missing(cell: &str) -> bool {
    MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing))
}

/// The remedy for a cell without a value.
pub(crate) const FILL: &str = "fill it in, remove the row, or train with --set data.missing=mean";

/// NaN for a cell without a value, where that is allowed: [`Scaling`](crate::Scaling) replaces it.
fn number(cell: &str, missing: Missing) -> Result<f32, String> {
    match cell.parse::<f32>() {
        _ if is_missing(cell) && missing == Missing::Mean => Ok(f32::NAN),
        _ if is_missing(cell) => Err(format!("has no value: {FILL}")),
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!("holds {cell}, which is not finite: remove the row or fill in a value")),
        Err(_) => Err(format!(
            "holds `{cell}`, which is no number: write one, or train without the column (ae train --drop)"
        )),
    }
}

/// A number for each class: the cell itself where all are integers, else its place in alphabetical order.
pub(crate) fn labels(classes: &[String]) -> Vec<i64> {
    if let Ok(numbers) = classes.iter().map(|class| class.parse()).collect() {
        return numbers;
    }
    let known: BTreeSet<&String> = classes.iter().collect();
    let known: Vec<&String> = known.into_iter().collect();
    classes.iter().map(|class| known.binary_search(&class).map_or(-1, |index| index as i64)).collect()
}

/// The line of a row, from 1.
fn line(position: Option<&csv::Position>, above: u64) -> u64 {
    let line = position.map_or(0, csv::Position::line);
    if line > 1 || position.is_some_and(|position| position.record() > 0) { line + above } else { line }
}

fn words(error: &csv::Error, above: u64) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = line(pos.as_ref(), above);
            format!("line {line} has {len} cells, the lines above {expected_len}: correct it")
        }
        csv::ErrorKind::Utf8 { pos, .. } => {
            let line = line(pos.as_ref(), above);
            format!("line {line} is no UTF-8 text: save it as UTF-8")
        }
        _ => format!("{error}: it is damaged or cut short, save it again"),
    }
}

/// Writes a header and rows of cells as a `.csv` file, atomically.
///
/// # Errors
/// [`DatasetError::Unwritable`].
pub(crate) fn write_table(
    path: &Path,
    header: &[String],
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), DatasetError> {
    let unwritable = |source| DatasetError::Unwritable { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = writer.write_record(header);
    for row in rows {
        written = written.and_then(|()| writer.write_record(row));
    }
    written.map_err(|error| unwritable(std::io::Error::other(error)))?;
    let bytes = writer.into_inner().map_err(|error| unwritable(error.into_error()))?;
    write_atomically(path, &bytes).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use autoencoder_core::Source as _;

    use super::*;

    fn read(bytes: &[u8], wanted: Columns<'_>) -> Result<Table, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.csv");
        std::fs::write(&path, bytes).expect("written");
        read_table(&path, wanted).map_err(|error| error.to_string())
    }

    fn values(table: &Table) -> Vec<f32> {
        let mut values = vec![0.0; table.matrix.len() * table.matrix.shape().features()];
        table.matrix.rows(&(0..table.matrix.len()).collect::<Vec<_>>(), &mut values).expect("rows");
        values
    }

    #[test]
    fn headers_delimiters_quotes_and_gzip_are_found_by_themselves() {
        let texts: [&[u8]; 4] = [
            b"a,b\n1,2\n3,4e1\n",
            b"\xef\xbb\xbf\"a\";b\r\n1; 2\r\n3;\"4e1\"",
            b"a\tb\n1\t2\n\n3\t40\n",
            b"1,2\n3,40\n",
        ];
        for (index, text) in texts.iter().enumerate() {
            let table = read(text, Columns::default()).expect("a table");
            assert_eq!(values(&table), [1.0, 2.0, 3.0, 40.0], "{index}");
            let names = if index < 3 { ["a", "b"] } else { ["column_0", "column_1"] };
            assert_eq!(table.columns, names, "{index}");
        }
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(texts[0]).expect("packed");
        let table = read(&packed.finish().expect("packed"), Columns::default()).expect("a table");
        assert_eq!(table.matrix.len(), 2);
    }

    #[test]
    fn columns_are_dropped_ordered_by_name_and_made_labels() {
        let text = b"name,x,y,class\nann,1,2,red\nbob,3,4,blue\ncid,5,6,red\n";
        let drop = ["name".to_owned()];
        let wanted = Columns { drop: &drop, label: Some("class"), ..Columns::default() };
        let table = read(text, wanted).expect("a table");
        assert_eq!(table.columns, ["x", "y"]);
        assert_eq!(table.matrix.labels(), Some([1, 0, 1].as_slice()));
        let only = ["y".to_owned(), "x".to_owned()];
        let table = read(text, Columns { only: Some(&only), ..Columns::default() }).expect("a table");
        assert_eq!(values(&table), [2.0, 1.0, 4.0, 3.0, 6.0, 5.0]);
        // Without names the order is what there is to go by.
        let table = read(b"7,8\n", Columns { only: Some(&only), ..Columns::default() }).expect("a table");
        assert_eq!(values(&table), [7.0, 8.0]);
    }

    #[test]
    fn a_cell_without_a_value_is_kept_as_such_where_it_is_allowed() {
        let wanted = Columns { missing: Missing::Mean, ..Columns::default() };
        let found = values(&read(b"a,b\n1,\nNA,4\n", wanted).expect("a table"));
        assert_eq!(found.iter().map(|value| value.is_nan()).collect::<Vec<_>>(), [false, true, true, false]);
        assert!(read(b"a,b\n1,inf\n", wanted).is_err());
    }

    #[test]
    fn what_is_wrong_is_named_by_line_and_column() {
        let only = ["x".to_owned(), "weight".to_owned()];
        for (text, parts) in [
            (&b""[..], vec!["empty"]),
            (b"a,b\n", vec!["no rows"]),
            (b"a,b\n1,2\n3\n", vec!["line 3", "1 cells", "2"]),
            (b"a,b\n1,2\n3,\n", vec!["line 3", "`b`", "no value"]),
            (b"a,b\n1,2\n3,NA\n", vec!["line 3", "`b`", "no value"]),
            (b"a,b\n1,inf\n", vec!["line 2", "`b`", "inf"]),
            (b"a,b\r\n1,inf\r\n", vec!["line 2", "`b`", "inf"]),
            (b"a,b\r\n1,2\r\n1\r\n", vec!["line 3", "1 cells"]),
            (b"a,b\n1,2024-05-01\n", vec!["line 2", "`b`", "2024-05-01", "--drop"]),
            (b"a,a\n1,2\n", vec!["two columns `a`"]),
            (b"\xff\xfea\0,\0", vec!["UTF-16"]),
            (b"a,b\n1,\xff\xff\n", vec!["line 2", "UTF-8"]),
        ] {
            let error = read(text, Columns::default()).expect_err("refused");
            assert!(parts.iter().all(|part| error.contains(part)), "{text:?}: {error}");
        }
        let error = read(b"x,weigth\n1,2\n", Columns { only: Some(&only), ..Columns::default() });
        assert!(error.expect_err("refused").contains("did you mean `weigth`?"));
    }
}
