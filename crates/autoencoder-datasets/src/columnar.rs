//! Parquet and Arrow: tables by columns, read batch by batch into rows.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use arrow_array::{Array, ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_ipc::reader::FileReader;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use autoencoder_core::ExampleShape;
use autoencoder_core::files::write_atomically;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};

use crate::memory::check_memory;
use crate::table::{choose, labels, place};
use crate::{Columns, DatasetError, Matrix, Numbers, Table};

/// How many rows are decoded at a time.
const BATCH: usize = 16_384;

/// Where a file's rows come from, batch by batch.
type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// Reads the numbers of a `.parquet` file.
///
/// # Errors
/// [`DatasetError::BadTable`], [`DatasetError::TooLarge`]: what cannot be read, with its row and column.
pub(crate) fn read_parquet(path: &Path, wanted: Columns<'_>) -> Result<Table, DatasetError> {
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let file = open(path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|error| bad(format!("{error}: it is damaged or cut short, save it again")))?;
    let schema = Arc::clone(builder.schema());
    let rows = usize::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let chosen = Chosen::new(path, &schema, wanted)?;
    let mask = ProjectionMask::roots(builder.parquet_schema(), chosen.all());
    let reader = builder
        .with_projection(mask)
        .with_batch_size(BATCH)
        .build()
        .map_err(|error| bad(format!("{error}: save it again")))?;
    chosen.read(path, rows, Box::new(reader))
}

/// Reads the numbers of an Arrow IPC file (also called Feather).
///
/// # Errors
/// Those of [`read_parquet`].
pub(crate) fn read_arrow(path: &Path, wanted: Columns<'_>) -> Result<Table, DatasetError> {
    let damaged = |error: ArrowError| DatasetError::BadTable {
        path: path.to_owned(),
        message: format!("{error}: it is damaged or cut short, save it again"),
    };
    let reader = FileReader::try_new_buffered(open(path)?, None).map_err(damaged)?;
    let chosen = Chosen::new(path, &reader.schema(), wanted)?;
    let all = chosen.all();
    let batches = reader.map(move |batch| batch.and_then(|batch| batch.project(&all)));
    chosen.read(path, 0, Box::new(batches))
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
}

impl Chosen {
    fn new(path: &Path, schema: &SchemaRef, wanted: Columns<'_>) -> Result<Self, DatasetError> {
        let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
        let names: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        let features = choose(&names, wanted, true).map_err(bad)?;
        let label = wanted.label.map(|label| place(&names, label).map_err(bad)).transpose()?;
        for &column in &features {
            let problem = match schema.field(column).data_type() {
                kind if kind.is_numeric() || *kind == DataType::Boolean => continue,
                DataType::Null => "has no values".to_owned(),
                kind if kind.is_temporal() => "holds dates or times: make numbers of them".to_owned(),
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
                    "holds words: make numbers of them".to_owned()
                }
                kind => format!("holds {kind} instead of numbers"),
            };
            let name = &names[column];
            return Err(bad(format!(
                "column `{name}` {problem}, or train without the column (ae train --drop {name})"
            )));
        }
        Ok(Self { features, label, names })
    }

    /// The places of all columns that are read, as they come out of a projection.
    fn all(&self) -> Vec<usize> {
        let mut all: Vec<usize> = self.features.iter().copied().chain(self.label).collect();
        all.sort_unstable();
        all
    }

    /// Reads all batches; `rows` is how many the file says there are, or 0.
    fn read(self, path: &Path, rows: usize, batches: Batches) -> Result<Table, DatasetError> {
        let width = self.features.len();
        check_memory(path, rows, width)?;
        let all = self.all();
        let within = |column: usize| all.binary_search(&column).unwrap_or_default();
        let mut values: Vec<f32> = Vec::with_capacity(rows * width);
        let mut classes = Vec::new();
        for batch in batches {
            let batch = batch.map_err(|error| DatasetError::BadTable {
                path: path.to_owned(),
                message: format!("{error}: it is damaged or cut short, save it again"),
            })?;
            let start = values.len();
            values.resize(start + batch.num_rows() * width, 0.0);
            for (index, &column) in self.features.iter().enumerate() {
                let numbers = cast(batch.column(within(column)), &DataType::Float32)
                    .map_err(|error| self.bad(path, column, &error.to_string()))?;
                let numbers = numbers.as_primitive::<Float32Type>();
                for row in 0..numbers.len() {
                    let at = start + row * width + index;
                    if numbers.is_null(row) || !numbers.value(row).is_finite() {
                        let found = match numbers.is_null(row) {
                            true => "has no value".to_owned(),
                            false => format!("holds {}", numbers.value(row)),
                        };
                        let message = format!("{found} in row {}: fill it in, or remove the row", at / width);
                        return Err(self.bad(path, column, &message));
                    }
                    values[at] = numbers.value(row);
                }
            }
            if let Some(label) = self.label {
                let words = cast(batch.column(within(label)), &DataType::Utf8)
                    .map_err(|error| self.bad(path, label, &error.to_string()))?;
                classes
                    .extend(words.as_string::<i32>().iter().map(|word| word.unwrap_or_default().to_owned()));
            }
        }
        if values.is_empty() {
            let message = "it has no rows: save it again".to_owned();
            return Err(DatasetError::BadTable { path: path.to_owned(), message });
        }
        let matrix = Matrix::new(ExampleShape::Flat(width), values).with_natural_range();
        let matrix = if self.label.is_some() { matrix.with_labels(labels(&classes)) } else { matrix };
        Ok(Table {
            matrix,
            columns: self.features.iter().map(|&column| self.names[column].clone()).collect(),
        })
    }

    fn bad(&self, path: &Path, column: usize, message: &str) -> DatasetError {
        let message = format!("column `{}` {message}", self.names[column]);
        DatasetError::BadTable { path: path.to_owned(), message }
    }
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
    write_atomically(path, &bytes)
        .map_err(|source| DatasetError::Unwritable { path: path.to_owned(), source })
}

fn array(numbers: Numbers) -> ArrayRef {
    match numbers {
        Numbers::Integers(values) => Arc::new(Int64Array::from(values)),
        Numbers::Floats(values) => Arc::new(Float32Array::from(values)),
        Numbers::Doubles(values) => Arc::new(Float64Array::from(values)),
    }
}
