//! Parquet and Arrow: tables by columns, read batch by batch into rows.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array as _, ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_ipc::reader::{FileReader, read_footer_length};
use arrow_ipc::{root_as_footer, root_as_message};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use autoencoder_core::files::write_output;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::file::metadata::ParquetMetaData;

use super::guarded::{Batches, Guarded, guarded};
use crate::cells::without_value;
use crate::columns::Reading;
use crate::memory::check_memory;
use crate::narrow::Narrow;
use crate::progress::{Listener, Progress};
use crate::table::{UNLABELLED, choose, place, the_label, unique};
use crate::text::reading;
use crate::{Columns, DatasetError, Numbers, Table, Unlabelled};

/// How many rows are decoded at a time.
const BATCH: usize = 16_384;

/// The bytes at an Arrow file's end: the length of the footer, and `ARROW1`.
const TAIL: u64 = 10;

/// Reads the numbers of a `.parquet` file.
///
/// # Errors
/// [`DatasetError::BadTable`], [`DatasetError::TooLarge`]: what cannot be read, with its row and column.
pub(crate) fn read_parquet(
    path: &Path,
    wanted: Columns<'_>,
    listener: &Listener,
) -> Result<Table, DatasetError> {
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let file = open(path)?;
    let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(file))
        .map_err(|error| bad(format!("{error}: it is damaged or cut short, save it again")))?;
    if !has_whole_columns(builder.metadata()) {
        return Err(bad(
            "a column lies outside of the file: it is damaged or cut short, save it again".to_owned()
        ));
    }
    let schema = Arc::clone(builder.schema());
    let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let chosen = Chosen::new(path, &schema, wanted)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), chosen.all());
    let reader = guarded(|| builder.with_projection(mask).with_batch_size(BATCH).build())
        .map_err(|error| bad(format!("{error}: save it again")))?;
    chosen.read(path, rows, Box::new(reader), listener)
}

/// The words of one column of a Parquet or an Arrow file, as [`crate::text::read_words`] gives those of a text.
///
/// # Errors
/// [`DatasetError::BadTable`].
pub(crate) fn read_words(
    path: &Path,
    is_parquet: bool,
    name: Option<&str>,
) -> Result<Vec<String>, DatasetError> {
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let damaged = |error: String| bad(format!("{error}: it is damaged or cut short, save it again"));
    let (schema, batches): (SchemaRef, Batches) = if is_parquet {
        let file = open(path)?;
        let builder = guarded(|| ParquetRecordBatchReaderBuilder::try_new(file))
            .map_err(|error| bad(format!("{error}: it is damaged or cut short, save it again")))?;
        if !has_whole_columns(builder.metadata()) {
            return Err(bad("a column lies outside of the file: save it again".to_owned()));
        }
        let schema = Arc::clone(builder.schema());
        (schema, Box::new(guarded(|| builder.build()).map_err(damaged)?))
    } else {
        guarded(|| check_blocks(path)).map_err(damaged)?;
        let file = open(path)?;
        let reader = guarded(|| FileReader::try_new_buffered(file, None)).map_err(damaged)?;
        (reader.schema(), Box::new(reader))
    };
    let names = unique(schema.fields().iter().map(|field| field.name().clone()).collect());
    let column = match name {
        Some(name) => place(&names, name).map_err(bad)?,
        None => the_label(&names).map_err(bad)?,
    };
    let mut found = Vec::new();
    for batch in Guarded::new(batches) {
        let batch = batch.map_err(damaged)?;
        let words = cast(batch.column(column), &DataType::Utf8)
            .map_err(|error| bad_column(path, &names[column], &error.to_string()))?;
        found.extend(words.as_string::<i32>().iter().map(|word| word.unwrap_or_default().to_owned()));
    }
    Ok(found)
}

/// Whether every column says where it lies: the reader takes it for granted.
fn has_whole_columns(metadata: &ParquetMetaData) -> bool {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    columns.into_iter().all(|column| {
        column.dictionary_page_offset().unwrap_or(0) >= 0
            && column.data_page_offset() >= 0
            && column.compressed_size() >= 0
            && column.num_values() >= 0
    })
}

/// Reads the numbers of an Arrow IPC file (also called Feather).
///
/// # Errors
/// Those of [`read_parquet`].
pub(crate) fn read_arrow(
    path: &Path,
    wanted: Columns<'_>,
    listener: &Listener,
) -> Result<Table, DatasetError> {
    let damaged = |error: String| DatasetError::BadTable {
        path: path.to_owned(),
        message: format!("{error}: it is damaged or cut short, save it again"),
    };
    guarded(|| check_blocks(path)).map_err(damaged)?;
    let file = open(path)?;
    let reader = guarded(|| FileReader::try_new_buffered(file, None)).map_err(damaged)?;
    let chosen = Chosen::new(path, &reader.schema(), wanted)?;
    let all = chosen.all();
    let batches = reader.map(move |batch| batch.and_then(|batch| batch.project(&all)));
    chosen.read(path, 0, Box::new(batches), listener)
}

/// Refuses an Arrow file with a block past its end, or with a buffer past its block's: the reader takes both as they are.
fn check_blocks(path: &Path) -> Result<(), ArrowError> {
    let wrong = |what: &str| ArrowError::ParseError(what.to_owned());
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut at = |place: u64, count: u64| -> Result<Vec<u8>, ArrowError> {
        if place.checked_add(count).is_none_or(|end| end > length) {
            return Err(wrong("a block reaches past the end of the file"));
        }
        let mut bytes = vec![0; count as usize];
        file.seek(SeekFrom::Start(place))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let tail = at(length.saturating_sub(TAIL), TAIL)?;
    let tail = tail.first_chunk().ok_or_else(|| wrong("it has no end"))?;
    let size = read_footer_length(*tail)? as u64;
    let footer = at(length.saturating_sub(TAIL).saturating_sub(size), size)?;
    let footer = root_as_footer(&footer).map_err(|error| wrong(&error.to_string()))?;
    let blocks =
        footer.dictionaries().into_iter().flatten().chain(footer.recordBatches().into_iter().flatten());
    for block in blocks {
        let (offset, head, body) = (block.offset(), block.metaDataLength(), block.bodyLength());
        let (Ok(offset), Ok(head), Ok(body)) =
            (u64::try_from(offset), u64::try_from(head), u64::try_from(body))
        else {
            return Err(wrong("a block has a negative size"));
        };
        at(offset.saturating_add(head).saturating_add(body), 0)?;
        let bytes = at(offset, head)?;
        let start = if bytes.starts_with(&[0xff; 4]) { 8 } else { 4 };
        let message = root_as_message(bytes.get(start..).unwrap_or_default());
        let message = message.map_err(|error| wrong(&error.to_string()))?;
        let batch = match message.header_as_dictionary_batch() {
            Some(dictionary) => dictionary.data(),
            None => message.header_as_record_batch(),
        };
        for buffer in batch.and_then(|batch| batch.buffers()).into_iter().flatten() {
            let end = u64::try_from(buffer.offset()).ok().zip(u64::try_from(buffer.length()).ok());
            if end.and_then(|(offset, length)| offset.checked_add(length)).is_none_or(|end| end > body) {
                return Err(wrong("a buffer reaches past the end of its block"));
            }
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<File, DatasetError> {
    File::open(path).map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })
}

/// Which columns of a file are read.
struct Chosen {
    /// The numbers, in the order wanted, and the label, by their place in the file.
    features: Vec<usize>,
    label: Option<usize>,
    names: Vec<String>,
    /// The features' columns.
    columns: Vec<Reading>,
    unlabelled: Unlabelled,
}

impl Chosen {
    fn new(path: &Path, schema: &SchemaRef, wanted: Columns<'_>) -> Result<Self, DatasetError> {
        let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
        let names = unique(schema.fields().iter().map(|field| field.name().clone()).collect());
        let features = choose(&names, wanted, true).map_err(bad)?;
        let label = wanted.label.map(|label| place(&names, label).map_err(bad)).transpose()?;
        for &column in &features {
            let problem = match schema.field(column).data_type() {
                kind if kind.is_numeric() || *kind == DataType::Boolean || is_words(kind) => continue,
                DataType::Null => "has no values".to_owned(),
                kind if kind.is_temporal() => "holds dates or times: make numbers of them".to_owned(),
                kind => format!("holds {kind} instead of numbers"),
            };
            let name = &names[column];
            return Err(bad(format!(
                "column `{name}` {problem}, or leave the column out with data.drop = [\"{name}\"]"
            )));
        }
        let columns = wanted.reading(&names, &features);
        Ok(Self { features, label, names, columns, unlabelled: wanted.unlabelled })
    }

    /// The places of all columns that are read, as they come out of a projection.
    fn all(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.features.iter().copied().chain(self.label).collect();
        all.sort_unstable();
        all
    }

    /// Reads all batches; `rows` is how many the file says there are, or 0.
    fn read(
        mut self,
        path: &Path,
        rows: usize,
        batches: Batches,
        listener: &Listener,
    ) -> Result<Table, DatasetError> {
        let width = self.features.len();
        check_memory(path, rows, width)?;
        let all = self.all();
        let within = |column: usize| all.binary_search(&column).unwrap_or_default();
        let mut values = Narrow::new(width, rows);
        let mut some: Vec<f64> = Vec::new();
        let mut unseen: Vec<u32> = Vec::new();
        let mut classes = Vec::new();
        let (what, total) = (reading(path), Some(rows).filter(|&rows| rows > 0));
        for batch in Guarded::new(batches) {
            listener.tell(Progress::rows(&what, values.len() / width, total));
            let batch = batch.map_err(|error| DatasetError::BadTable {
                path: path.to_owned(),
                message: format!("{error}: it is damaged or cut short, save it again"),
            })?;
            let start = values.len();
            let first = unseen.len();
            unseen.resize(first + batch.num_rows(), 0);
            some.clear();
            some.resize(batch.num_rows() * width, 0.0);
            for (index, (column, &place)) in self.columns.iter_mut().zip(&self.features).enumerate() {
                let out = some.iter_mut().skip(index).step_by(width);
                fill(batch.column(within(place)), column, out, &mut unseen[first..]).map_err(
                    |(row, problem)| match row {
                        Some(row) => {
                            let row = start / width + row;
                            bad_column(path, &self.names[place], &format!("{problem} (row {row})"))
                        }
                        None => bad_column(path, &self.names[place], &problem),
                    },
                )?;
            }
            let mut kept = vec![true; batch.num_rows()];
            if let Some(label) = self.label {
                let words = cast(batch.column(within(label)), &DataType::Utf8)
                    .map_err(|error| bad_column(path, &self.names[label], &error.to_string()))?;
                for (row, word) in words.as_string::<i32>().iter().enumerate() {
                    let word = word.unwrap_or_default();
                    kept[row] = !without_value(word);
                    if kept[row] {
                        classes.push(word.to_owned());
                    } else if self.unlabelled == Unlabelled::Refuse {
                        let row = start / width + row;
                        return Err(bad_column(
                            path,
                            &self.names[label],
                            &format!("{UNLABELLED} (row {row})"),
                        ));
                    }
                }
            }
            let rows = some.chunks_exact(width).zip(&kept).filter(|(_, kept)| **kept);
            rows.for_each(|(row, _)| row.iter().for_each(|&value| values.push(value)));
            let mut kept = kept.iter();
            let mut place = 0;
            unseen.retain(|_| {
                place += 1;
                place <= first || kept.next().copied().unwrap_or(true)
            });
        }
        if values.len() == 0 {
            let message = "it has no rows: save it again".to_owned();
            return Err(DatasetError::BadTable { path: path.to_owned(), message });
        }
        if unseen.iter().all(|&count| count == 0) {
            unseen.clear();
        }
        match Table::new(values, self.columns, &classes) {
            Ok(table) => Ok(Table { unseen, ..table }),
            Err(message) => Err(DatasetError::BadTable { path: path.to_owned(), message }),
        }
    }
}

/// Reads an array into cells; an error names the row of the array where it is about one.
fn fill<'a>(
    array: &ArrayRef,
    column: &mut Reading,
    out: impl Iterator<Item = &'a mut f64>,
    unseen: &mut [u32],
) -> Result<(), (Option<usize>, String)> {
    let unreadable = |error: ArrowError| (None, error.to_string());
    if is_words(array.data_type()) {
        let words = cast(array, &DataType::Utf8).map_err(unreadable)?;
        column.settle(words.as_string::<i32>().iter().flatten().take(BATCH), b'\t');
        for (row, (word, out)) in words.as_string::<i32>().iter().zip(out).enumerate() {
            let before = column.unseen;
            *out = column.cell(word.unwrap_or_default()).map_err(|problem| (Some(row), problem))?;
            unseen[row] += (column.unseen - before) as u32;
        }
        return Ok(());
    }
    let numbers = cast(array, &DataType::Float64).map_err(unreadable)?;
    for (row, (number, out)) in numbers.as_primitive::<Float64Type>().iter().zip(out).enumerate() {
        let before = column.unseen;
        let value = match number {
            Some(number) => column.number(number),
            None => column.without_value(),
        };
        *out = value.map_err(|problem| (Some(row), problem))?;
        unseen[row] += (column.unseen - before) as u32;
    }
    Ok(())
}

fn is_words(kind: &DataType) -> bool {
    matches!(kind, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _))
}

fn bad_column(path: &Path, name: &str, message: &str) -> DatasetError {
    let message = format!("column `{name}` {message}");
    DatasetError::BadTable { path: path.to_owned(), message }
}

fn cast(array: &ArrayRef, kind: &DataType) -> Result<ArrayRef, ArrowError> {
    cast_with_options(array, kind, &CastOptions { safe: false, ..CastOptions::default() })
}

/// Writes columns of numbers as a `.parquet` file, atomically.
///
/// # Errors
/// [`DatasetError::Unwritable`].
pub(crate) fn write_parquet(
    path: &Path,
    names: &[String],
    columns: Vec<Numbers>,
) -> Result<(), DatasetError> {
    let unwritable = |error: String| DatasetError::Unwritable {
        path: path.to_owned(),
        source: std::io::Error::other(error),
    };
    let columns: Vec<ArrayRef> = columns.into_iter().map(array).collect();
    let fields: Vec<Field> = names
        .iter()
        .zip(&columns)
        .map(|(name, column)| Field::new(name, column.data_type().clone(), false))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), columns).map_err(|error| unwritable(error.to_string()))?;
    let mut bytes = Vec::new();
    let written = ArrowWriter::try_new(&mut bytes, schema, None).and_then(|mut writer| {
        writer.write(&batch)?;
        writer.close()
    });
    written.map_err(|error| unwritable(error.to_string()))?;
    write_output(path, &bytes).map_err(|source| DatasetError::Unwritable { path: path.to_owned(), source })
}

fn array(numbers: Numbers) -> ArrayRef {
    match numbers {
        Numbers::Integers(values) => Arc::new(Int64Array::from(values)),
        Numbers::Floats(values) => Arc::new(Float32Array::from(values)),
        Numbers::Doubles(values) => Arc::new(Float64Array::from(values)),
        Numbers::Words(words) => Arc::new(StringArray::from(words)),
    }
}

#[cfg(test)]
mod tests {
    use arrow_ipc::writer::FileWriter;
    use autoencoder_core::{Seed, Source as _};
    use rand::Rng as _;

    use super::*;
    use crate::Column;

    fn parquet() -> Vec<u8> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.parquet");
        let columns = vec![Numbers::Floats(vec![1.0, 2.0, 3.0]), Numbers::Integers(vec![4, 5, 6])];
        write_parquet(&path, &["a".to_owned(), "b".to_owned()], columns).expect("written");
        std::fs::read(path).expect("read")
    }

    fn arrow() -> Vec<u8> {
        let columns = [Numbers::Floats(vec![1.0, 2.0, 3.0]), Numbers::Integers(vec![4, 5, 6])].map(array);
        let fields = ["a", "b"].iter().zip(&columns);
        let fields = fields.map(|(name, column)| Field::new(*name, column.data_type().clone(), false));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns.to_vec()).expect("a batch");
        let mut writer = FileWriter::try_new(Vec::new(), &schema).expect("a writer");
        writer.write(&batch).expect("written");
        writer.into_inner().expect("bytes")
    }

    fn read(bytes: &[u8], wanted: Columns<'_>) -> Result<Table, DatasetError> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x");
        std::fs::write(&path, bytes).expect("written");
        if bytes.starts_with(b"PAR1") {
            read_parquet(&path, wanted, &Listener::nobody())
        } else {
            read_arrow(&path, wanted, &Listener::nobody())
        }
    }

    #[test]
    fn both_kinds_give_the_columns_in_the_order_asked_for_and_labels() {
        let only = ["b", "a"].map(Column::number);
        for bytes in [parquet(), arrow()] {
            let table = read(&bytes, Columns { only: Some(&only), ..Columns::default() }).expect("a table");
            let mut row = [0.0; 2];
            table.matrix.rows(&[1], &mut row).expect("a row");
            assert_eq!(row, [5.0, 2.0]);
            let table = read(&bytes, Columns { label: Some("b"), ..Columns::default() }).expect("a table");
            assert_eq!(
                (table.columns, table.matrix.labels()),
                (vec![Column::number("a")], Some(&[4, 5, 6][..]))
            );
        }
    }

    #[test]
    fn damaged_bytes_are_refused_or_read_but_never_panic() {
        for whole in [parquet(), arrow()] {
            for case in 0..600 {
                let mut rng = Seed::new(case).rng();
                let mut bytes = whole.clone();
                for _ in 0..=rng.next_u32() % 5 {
                    let place = 6 + rng.next_u32() as usize % (whole.len() - 6);
                    bytes[place] = rng.next_u32() as u8;
                }
                bytes.truncate(whole.len() - (rng.next_u32() as usize % 40).saturating_sub(20));
                let _ = read(&bytes, Columns::default());
            }
        }
    }
}
