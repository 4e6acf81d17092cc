//! Where examples come from.

use std::ops::Range;
use std::sync::Arc;

use crate::{DataError, ExampleShape};

/// Rows of examples, read in batches straight into a buffer: no object per row.
pub trait Source: Send + Sync {
    /// The shape of one example.
    fn shape(&self) -> ExampleShape;

    /// The number of examples.
    fn len(&self) -> usize;

    /// Writes the rows `index` into `out`, one after the other (`out.len() = index.len() *
    /// features`).
    ///
    /// # Errors
    /// [`DataError::NoSuchRow`], or that a file could not be read.
    fn rows(&self, index: &[usize], out: &mut [f32]) -> Result<(), DataError>;

    /// The rows of a range, one after the other.
    ///
    /// # Errors
    /// Those of [`Self::rows`].
    fn read(&self, rows: Range<usize>) -> Result<Vec<f32>, DataError> {
        let index: Vec<usize> = rows.collect();
        let mut values = vec![0.0; index.len() * self.shape().features()];
        self.rows(&index, &mut values)?;
        Ok(values)
    }

    /// The class of each example, where known: `labels()[row]`.
    fn labels(&self) -> Option<&[i64]>;

    /// The least and the greatest value a feature can have by its nature, such as `(0, 255)` for
    /// pixels; `None` where only the data tell.
    fn value_range(&self) -> Option<(f32, f32)>;

    /// What was taken off each feature in f64, so that f32 can hold the rest: a value is `origin + row`. `None` where nothing
    /// was, as with pixels and scaled values.
    fn origin(&self) -> Option<&[f64]> {
        None
    }

    /// Whether the values of the rows `index` are known, 1 or 0 each, where some were filled in: writes them into `out` and
    /// returns `true`. `false` where all are known.
    ///
    /// # Errors
    /// Those of [`Self::rows`].
    fn known(&self, index: &[usize], out: &mut [f32]) -> Result<bool, DataError> {
        let _ = (index, out);
        Ok(false)
    }

    /// The same examples as they are in that epoch, counted from 1, where they are drawn anew in each; `None` where they stay.
    fn in_epoch(&self, epoch: usize) -> Option<Arc<dyn Source>> {
        let _ = epoch;
        None
    }

    /// Whether there are no examples.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Some rows of another source, in a given order: a split, or a sample of it.
pub struct Subset {
    source: Arc<dyn Source>,
    rows: Vec<usize>,
    labels: Option<Vec<i64>>,
}

impl Subset {
    /// The rows `rows` of `source`.
    ///
    /// # Errors
    /// [`DataError::NoSuchRow`] for a row past the end.
    pub fn new(source: Arc<dyn Source>, rows: Vec<usize>) -> Result<Self, DataError> {
        check_rows(&rows, source.len())?;
        let labels = source.labels().map(|all| rows.iter().map(|&row| all[row]).collect());
        Ok(Self { source, rows, labels })
    }
}

impl Source for Subset {
    fn shape(&self) -> ExampleShape {
        self.source.shape()
    }

    fn len(&self) -> usize {
        self.rows.len()
    }

    fn rows(&self, index: &[usize], out: &mut [f32]) -> Result<(), DataError> {
        check_rows(index, self.rows.len())?;
        let rows: Vec<usize> = index.iter().map(|&row| self.rows[row]).collect();
        self.source.rows(&rows, out)
    }

    fn labels(&self) -> Option<&[i64]> {
        self.labels.as_deref()
    }

    fn value_range(&self) -> Option<(f32, f32)> {
        self.source.value_range()
    }

    fn origin(&self) -> Option<&[f64]> {
        self.source.origin()
    }

    fn known(&self, index: &[usize], out: &mut [f32]) -> Result<bool, DataError> {
        check_rows(index, self.rows.len())?;
        let rows: Vec<usize> = index.iter().map(|&row| self.rows[row]).collect();
        self.source.known(&rows, out)
    }

    fn in_epoch(&self, epoch: usize) -> Option<Arc<dyn Source>> {
        let source = self.source.in_epoch(epoch)?;
        Some(Arc::new(Self { source, rows: self.rows.clone(), labels: self.labels.clone() }))
    }
}

/// How many values are read at a time, or fewer.
const CHUNK: usize = 1 << 20;

/// How many rows of so many features [`for_each_chunk`] reads at a time: a power of two.
pub fn rows_of_chunk(features: usize) -> usize {
    1 << (CHUNK / features.max(1)).max(1).ilog2()
}

/// Calls `f` with all rows of `source` in order, about a million values at a time: with the number of the
/// first row, and the rows one after the other.
///
/// # Errors
/// What reading or `f` says.
pub fn for_each_chunk<E: From<DataError>>(
    source: &dyn Source,
    mut f: impl FnMut(usize, &[f32]) -> Result<(), E>,
) -> Result<(), E> {
    let features = source.shape().features();
    let rows = rows_of_chunk(features);
    let mut buffer = Vec::new();
    for first in (0..source.len()).step_by(rows) {
        let index: Vec<usize> = (first..source.len().min(first + rows)).collect();
        buffer.resize(index.len() * features, 0.0);
        source.rows(&index, &mut buffer)?;
        f(first, &buffer)?;
    }
    Ok(())
}

/// Refuses rows past the end of a source of `len` rows.
///
/// # Errors
/// [`DataError::NoSuchRow`] naming the first.
pub fn check_rows(rows: &[usize], len: usize) -> Result<(), DataError> {
    match rows.iter().find(|&&row| row >= len) {
        Some(&row) => Err(DataError::NoSuchRow { row, len }),
        None => Ok(()),
    }
}
