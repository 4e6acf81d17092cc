//! Tables as text: `.csv` and its relatives.

mod dialect;
mod guard;

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};
use std::path::Path;

use csv::{ReaderBuilder, StringRecord, Trim};
use flate2::bufread::MultiGzDecoder;

use self::dialect::{Delimiter, has_header};
use self::guard::Guard;
use crate::cells::without_value;
use crate::format::{Format, Heading, Rows};
use crate::memory::check_memory;
use crate::narrow::Narrow;
use crate::progress::{Listener, Progress};
use crate::scan::{Scan, Scanning};
use crate::table::{UNLABELLED, choose, place, the_label, unique, write_table};
use crate::{Columns, DatasetError, Table, Unlabelled};

/// `.csv` and its relatives.
pub(crate) const FORMAT: Format = Format {
    endings: &["csv", "tsv", "txt", "gz"],
    // No bytes are a text's alone.
    recognise: |_| false,
    read: |path, wanted, listener| read_table(path, wanted, listener).map(Rows::from),
    words: Some(read_words),
    scan: Some(scan),
    write: Some(|path, columns, heading| {
        let rows = columns.first().map_or(0, |(_, column)| column.len());
        let cells = (0..rows).map(|row| columns.iter().map(|(_, column)| column.word(row)).collect());
        let names = || columns.iter().map(|(name, _)| name.clone()).collect();
        write_table(path, (heading == Heading::Names).then(names), cells)
    }),
};

/// How many rows are read between two reports of how far it is, and between two looks at the free memory.
const REPORTED: usize = 1 << 15;
/// By how many rows it is found out what the columns hold.
const SAMPLE: usize = 1000;
/// How much of the text is looked at to find out how it is written.
const LOOKED_AT: u64 = 1 << 16;

/// A text whose first rows have been looked at.
struct Text<R: std::io::Read> {
    reader: csv::Reader<R>,
    /// The first rows, the header left out.
    sample: Vec<StringRecord>,
    names: Vec<String>,
    has_header: bool,
    delimiter: u8,
    /// Whether lines end in "\r\n": the reader begins a row before its "\n", on the line above.
    above: u64,
}

/// Reads a table: comma, semicolon, tab, bar or blanks between cells, quoted or not, gzipped or not, numbers with decimal
/// points or commas. What each column holds is found out by its first cells.
///
/// # Errors
/// [`DatasetError`] naming the file, and the line and the column of a cell that is missing, no number or not finite, or
/// of a row of another length; a column that is not there or there twice, or that has a word of its own in most rows.
pub(crate) fn read_table(
    path: &Path,
    wanted: Columns<'_>,
    listener: &Listener,
) -> Result<Table, DatasetError> {
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let Text { mut reader, sample, names, has_header, delimiter, above } = look_at(path, wanted)?;
    let mut chosen = choose(&names, wanted, has_header).map_err(bad)?;
    let label = wanted.label.map(|label| place(&names, label).map_err(bad)).transpose()?;
    let mut left_out = Vec::new();
    if wanted.only.is_none() && has_header {
        chosen.retain(|&column| {
            let is_index = is_index(&names[column], &sample, column);
            left_out.extend(is_index.then(|| names[column].clone()));
            !is_index
        });
    }
    let mut columns = wanted.reading(&names, &chosen);
    for (column, &place) in columns.iter_mut().zip(&chosen) {
        column.settle(sample.iter().map(|record| &record[place]), delimiter);
    }
    let (mut values, mut classes) = (Narrow::new(chosen.len(), 0), Vec::new());
    let (mut unseen, mut lines) = (Vec::new(), Vec::new());
    let (what, mut rows) = (reading(path), 0);
    let mut row = |record: &StringRecord| -> Result<(), DatasetError> {
        if rows % REPORTED == 0 {
            listener.tell(Progress::rows(&what, rows, None));
            check_memory(path, rows, chosen.len())?;
        }
        if let Some(label) = label.filter(|&label| without_value(&record[label])) {
            return match wanted.unlabelled {
                Unlabelled::LeaveOut => Ok(()),
                Unlabelled::Refuse => Err(DatasetError::BadCell {
                    path: path.to_owned(),
                    line: line(record.position(), above),
                    column: names[label].clone(),
                    problem: UNLABELLED.to_owned(),
                }),
            };
        }
        rows += 1;
        lines.push(line(record.position(), above));
        let mut unknown = 0;
        for (column, &place) in columns.iter_mut().zip(&chosen) {
            let before = column.unseen;
            values.push(column.cell(&record[place]).map_err(|problem| DatasetError::BadCell {
                path: path.to_owned(),
                line: line(record.position(), above),
                column: column.name().to_owned(),
                problem,
            })?);
            unknown += (column.unseen - before) as u32;
        }
        unseen.push(unknown);
        classes.extend(label.map(|label| record[label].to_owned()));
        Ok(())
    };
    for record in &sample {
        row(record)?;
    }
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| bad(words(&error, above)))? {
        row(&record)?;
    }
    if values.len() == 0 {
        return Err(bad("it has no rows below its header: save it again".to_owned()));
    }
    if unseen.iter().all(|&count| count == 0) {
        unseen.clear();
    }
    Ok(Table { unseen, lines, left_out, ..Table::new(values, columns, &classes).map_err(bad)? })
}

/// The words of one column, the one of that name or the only one there is, as they stand there.
///
/// # Errors
/// [`DatasetError::BadTable`] where there is no such column.
pub(crate) fn read_words(path: &Path, name: Option<&str>) -> Result<Vec<String>, DatasetError> {
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let label = name.map(str::to_owned);
    let wanted = Columns { label: label.as_deref(), ..Columns::default() };
    let Text { mut reader, sample, names, above, .. } = look_at(path, wanted)?;
    let column = match name {
        Some(name) => place(&names, name).map_err(bad)?,
        None => the_label(&names).map_err(bad)?,
    };
    let mut words_found: Vec<String> = sample.iter().map(|record| record[column].to_owned()).collect();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| bad(words(&error, above)))? {
        words_found.push(record[column].to_owned());
    }
    Ok(words_found)
}

/// What the columns of a text hold.
///
/// # Errors
/// Those of [`read_table`] that are not about cells.
pub(crate) fn scan(path: &Path, listener: &Listener) -> Result<Scan, DatasetError> {
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let Text { mut reader, sample, names, has_header, delimiter, above } = look_at(path, Columns::default())?;
    let mut columns: Vec<Scanning> = names.iter().map(|name| Scanning::new(name)).collect();
    let (what, mut rows) = (reading(path), 0);
    let mut row = |record: &StringRecord| {
        if rows % REPORTED == 0 {
            listener.tell(Progress::rows(&what, rows, None));
        }
        rows += 1;
        let line = line(record.position(), above);
        columns.iter_mut().zip(record).for_each(|(column, cell)| column.cell(line, cell, delimiter));
    };
    sample.iter().for_each(&mut row);
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| bad(words(&error, above)))? {
        row(&record);
    }
    let columns = columns.into_iter().enumerate();
    let columns = columns.map(|(index, column)| column.finish(delimiter, index == 0 && has_header)).collect();
    Ok(Scan { rows, has_header, columns })
}

/// Opens a text, and finds out how it is written.
fn look_at(path: &Path, wanted: Columns<'_>) -> Result<Text<Guard<Box<dyn BufRead>>>, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let mut text = open(path).map_err(unreadable)?;
    let mut first = Vec::new();
    (&mut text).take(LOOKED_AT).read_to_end(&mut first).map_err(unreadable)?;
    if first.starts_with(&[0xff, 0xfe]) || first.starts_with(&[0xfe, 0xff]) {
        return Err(bad("it is UTF-16: save it as UTF-8".to_owned()));
    }
    // What stands before the first row of a file that a spreadsheet saved as UTF-8.
    if first.starts_with(&[0xef, 0xbb, 0xbf]) {
        first.drain(..3);
    }
    if first.is_empty() {
        return Err(bad("it is empty: save it again".to_owned()));
    }
    foreign(path, &first)?;
    let Delimiter { byte: delimiter, blanks, said } = Delimiter::of(&first);
    let of_line = |text: &[u8]| text.iter().position(|&byte| byte == b'\n').map_or(text.len(), |end| end + 1);
    let above = u64::from(first[..of_line(&first)].ends_with(b"\r\n")) + u64::from(said);
    if said {
        first.drain(..of_line(&first));
    }
    let text: Box<dyn BufRead> = Box::new(std::io::Cursor::new(first).chain(text));
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .trim(Trim::All)
        .from_reader(Guard::new(text, delimiter, blanks));
    let mut sample = Vec::new();
    let mut record = StringRecord::new();
    while sample.len() <= SAMPLE
        && reader.read_record(&mut record).map_err(|error| bad(words(&error, above)))?
    {
        sample.push(record.clone());
    }
    let Some(first) = sample.first() else { return Err(bad("it has no rows: save it again".to_owned())) };
    let is_there = |name: &str| first.iter().any(|cell| cell == name);
    // A column that is asked for by a name in the first row is named there.
    let asked = wanted.drop.iter().map(String::as_str).chain(wanted.label);
    let asked = asked.chain(wanted.only.into_iter().flatten().map(|column| column.name.as_str()));
    let is_header =
        wanted.header.unwrap_or_else(|| asked.clone().any(is_there) || has_header(&sample, delimiter));
    let numbered = |column| format!("column_{column}");
    let names = if is_header {
        let first = sample.remove(0);
        let named = first.iter().enumerate();
        named.map(|(column, cell)| if cell.is_empty() { numbered(column) } else { cell.to_owned() }).collect()
    } else {
        (0..first.len()).map(numbered).collect()
    };
    Ok(Text { reader, sample, names: unique(names), has_header: is_header, delimiter, above })
}

/// Refuses texts of other kinds by what they are.
fn foreign(path: &Path, text: &[u8]) -> Result<(), DatasetError> {
    let begins = |with: &[u8]| text.trim_ascii_start().starts_with(with);
    let (kind, remedy) = if begins(b"%%MatrixMarket") {
        ("a matrix of Matrix Market", "save it dense, as .npy or .csv")
    } else if begins(b"{") || begins(b"[{") || begins(b"[\n") {
        ("JSON", "save the rows as .csv, with a name for each column")
    } else if begins(b"<") {
        ("HTML or XML", "save the table as .csv")
    } else {
        return Ok(());
    };
    Err(DatasetError::Foreign { path: path.to_owned(), kind, remedy })
}

/// Whether the column counts the rows and has no name, as the index that pandas writes.
fn is_index(name: &str, sample: &[StringRecord], column: usize) -> bool {
    let unnamed = name == format!("column_{column}") || name.starts_with("Unnamed: ");
    let first = sample.first().and_then(|record| record[column].parse::<u64>().ok());
    let counts =
        |first: u64| (first..).zip(sample).all(|(count, record)| record[column].parse() == Ok(count));
    unnamed && column == 0 && sample.len() > 1 && sample[0].len() > 1 && first.is_some_and(counts)
}

/// What a report about the file says.
pub(crate) fn reading(path: &Path) -> String {
    format!("reading {}", path.file_name().unwrap_or(path.as_os_str()).display())
}

/// The file as text, unpacked where it is gzip.
fn open(path: &Path) -> std::io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::new(File::open(path)?);
    Ok(if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        Box::new(BufReader::new(MultiGzDecoder::new(file)))
    } else {
        Box::new(file)
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
            format!(
                "line {line} has {len} cells, the lines above {expected_len}: correct it, or leave out what is not part of the table"
            )
        }
        csv::ErrorKind::Utf8 { pos, .. } => {
            let line = line(pos.as_ref(), above);
            format!("line {line} is not UTF-8 text: save it as UTF-8")
        }
        csv::ErrorKind::Io(error) if error.kind() == std::io::ErrorKind::InvalidData => error.to_string(),
        _ => format!("{error}: it is damaged or cut short, save it again"),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use autoencoder_core::Source as _;

    use super::*;
    use crate::{Column, Guess, Missing};

    fn read(bytes: &[u8], wanted: Columns<'_>) -> Result<Table, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.csv");
        std::fs::write(&path, bytes).expect("written");
        read_table(&path, wanted, &Listener::nobody()).map_err(|error| error.to_string())
    }

    fn names(table: &Table) -> Vec<&str> {
        table.columns.iter().map(|column| column.name.as_str()).collect()
    }

    fn values(table: &Table) -> Vec<f32> {
        table.matrix.read(0..table.matrix.len()).expect("rows")
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
    fn a_scan_says_what_each_column_holds_and_what_would_have_to_be_said() {
        let line = |row: usize| {
            let (stray, gap) = (if row == 7 { "x" } else { "1.5" }, if row == 9 { "" } else { "2" });
            format!(
                "{row};{stray};{gap};3,5;{};name {row};2024-05-{:02};good;1\n",
                ["a", "b"][row % 2],
                row % 28 + 1
            )
        };
        let rows: String = (0..100).map(line).collect();
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.csv");
        std::fs::write(&path, format!(";odd;gap;comma;kind;who;when;label;gap\n{rows}")).expect("written");
        let scan = scan(&path, &Listener::nobody()).expect("a scan");
        let kinds: Vec<Guess> = scan.columns.iter().map(|column| column.kind).collect();
        use Guess::{Dates, DecimalCommas, Index, Names, Numbers, Words};
        assert_eq!(kinds, [Index, Numbers, Numbers, DecimalCommas, Words, Names, Dates, Words, Numbers]);
        assert_eq!((scan.rows, scan.columns[2].missing, scan.columns[1].odd), (100, 1, 1));
        assert_eq!((scan.columns[1].odd_cells[0].line, scan.columns[1].odd_cells[0].cell.as_str()), (9, "x"));
        assert_eq!(scan.dropped(), ["odd", "who", "when", "gap.2"]);
        assert_eq!((scan.label(), scan.has_gaps()), (Some("label"), true));
        // And so it is learned from.
        let drop = scan.dropped().into_iter().map(str::to_owned).collect::<Vec<_>>();
        let wanted =
            Columns { drop: &drop, label: scan.label(), missing: Missing::Mean, ..Columns::default() };
        let table = read_table(&path, wanted, &Listener::nobody()).expect("a table");
        assert_eq!(names(&table), ["gap", "comma", "kind"]);
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
        // What is not finite is as good as missing.
        let found = values(&read(b"a,b\n1,inf\n2,5\n", wanted).expect("a table"));
        assert!(found[1].is_nan() && found[3] == 5.0);
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
            (b"a,b\n1,2024-05-01\n", vec!["line 2", "`b`", "2024-05-01", "data.drop"]),
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
