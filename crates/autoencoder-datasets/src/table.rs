//! Tables as text: `.csv` and its relatives.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use autoencoder_core::ExampleShape;
use autoencoder_core::files::write_output;
use csv::{ReaderBuilder, StringRecord, Trim};
use flate2::bufread::MultiGzDecoder;
use serde::{Deserialize, Serialize};

use crate::cells::without_value;
use crate::classes::Classes;
use crate::columns::{Reading, features};
use crate::{Column, DatasetError, Matrix, Progress};

/// What of a table is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns<'a> {
    /// These columns, in this order, with those words; all, in the order of the file, where it is absent.
    pub only: Option<&'a [Column]>,
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
    /// It takes the mean that its column has in the training part; of words, none is said to be there.
    Mean,
    /// The same, and of numbers a feature of its own says which are missing.
    Indicator,
}

/// A table as features.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its rows, with labels where a column of them was named.
    pub(crate) matrix: Matrix,
    /// The columns that the features are of: `column_0` and so on where the file has no names.
    pub(crate) columns: Vec<Column>,
    /// What the labels are called, where they are words.
    pub(crate) names_of_classes: Vec<String>,
}

impl Table {
    /// The table of cells that were read row by row, and of the class of each row where there is one.
    pub(crate) fn new(cells: Vec<f32>, columns: Vec<Reading>, classes: &[String]) -> Result<Self, String> {
        let (columns, values) = features(cells, columns)?;
        let shape = ExampleShape::Flat(columns.iter().map(Column::features).sum());
        let matrix = Matrix::new(shape, values).with_natural_range();
        if classes.is_empty() {
            return Ok(Self { matrix, columns, names_of_classes: Vec::new() });
        }
        let Classes { labels, names } = Classes::of_words(classes);
        Ok(Self { matrix: matrix.with_labels(labels), columns, names_of_classes: names })
    }
}

/// How many rows are read between two reports of how far it is.
const REPORTED: usize = 1 << 15;

/// Reads a table: comma, semicolon or tab between cells, quoted or not, gzipped or not. A first row with
/// a cell that is no number is the header.
///
/// # Errors
/// [`DatasetError`] naming the file, and the line and the column of a cell that is missing, no number or not finite, or
/// of a row of another length; a column that is not there or there twice, or that has a word of its own in most rows.
pub(crate) fn read_table(
    path: &Path,
    wanted: Columns<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Table, DatasetError> {
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
    let has_header = record.iter().any(|cell| cell.parse::<f32>().is_err() && !without_value(cell));
    let names: Vec<String> = match has_header {
        true => record.iter().map(str::to_owned).collect(),
        false => (0..record.len()).map(|column| format!("column_{column}")).collect(),
    };
    let chosen = choose(&names, wanted, has_header).map_err(bad)?;
    let label = wanted.label.map(|label| place(&names, label).map_err(bad)).transpose()?;
    let mut columns = wanted.reading(&names, &chosen);
    let (mut values, mut classes) = (Vec::new(), Vec::new());
    let mut more = !has_header || next(&mut record)?;
    let (what, mut rows) = (reading(path), 0);
    while more {
        if rows % REPORTED == 0 {
            progress(Progress::rows(&what, rows, None));
        }
        rows += 1;
        let line = line(record.position(), above);
        for (column, &place) in columns.iter_mut().zip(&chosen) {
            values.push(column.cell(&record[place]).map_err(|problem| DatasetError::BadCell {
                path: path.to_owned(),
                line,
                column: column.name().to_owned(),
                problem,
            })?);
        }
        classes.extend(label.map(|label| record[label].to_owned()));
        more = next(&mut record)?;
    }
    if values.is_empty() {
        return Err(bad("it has no rows below its header: save it again".to_owned()));
    }
    Table::new(values, columns, &classes).map_err(bad)
}

/// What a report about the file says.
pub(crate) fn reading(path: &Path) -> String {
    format!("reading {}", path.file_name().unwrap_or(path.as_os_str()).display())
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

impl Columns<'_> {
    /// The columns at those places, ready to be read.
    pub(crate) fn reading(&self, names: &[String], places: &[usize]) -> Vec<Reading> {
        match self.only {
            Some(only) => only.iter().map(|column| Reading::known(column, self.missing)).collect(),
            None => places.iter().map(|&place| Reading::open(&names[place], self.missing)).collect(),
        }
    }
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
        Some(only) => only.iter().map(|column| place(names, &column.name)).collect(),
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
    header: Option<Vec<String>>,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), DatasetError> {
    let unwritable = |source| DatasetError::Unwritable { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = Ok(());
    for row in header.into_iter().chain(rows) {
        written = written.and_then(|()| writer.write_record(row));
    }
    written.map_err(|error| unwritable(std::io::Error::other(error)))?;
    let bytes = writer.into_inner().map_err(|error| unwritable(error.into_error()))?;
    write_output(path, &bytes).map_err(unwritable)
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
        read_table(&path, wanted, &mut |_| {}).map_err(|error| error.to_string())
    }

    fn names(table: &Table) -> Vec<&str> {
        table.columns.iter().map(|column| column.name.as_str()).collect()
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
            assert_eq!(self::names(&table), names, "{index}");
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
        assert_eq!(names(&table), ["x", "y"]);
        assert_eq!(table.matrix.labels(), Some([1, 0, 1].as_slice()));
        let only = ["y", "x"].map(Column::number);
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
        let only = ["x", "weight"].map(Column::number);
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
