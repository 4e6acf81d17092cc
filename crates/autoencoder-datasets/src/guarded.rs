//! Libraries that panic where the bytes of a file are not what they should be: their panics as errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

/// Where a file's rows come from, batch by batch.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// What `f` returns, or its panic as an error. The process's panic hook sees the panic nevertheless.
pub(crate) fn guarded<T, E: Into<ArrowError>>(f: impl FnOnce() -> Result<T, E>) -> Result<T, ArrowError> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => result.map_err(Into::into),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            Err(ArrowError::ParseError(text.unwrap_or_else(|| "its reader gave up".to_owned())))
        }
    }
}

/// Batches after an error of which none comes.
pub(crate) struct Guarded(Option<Batches>);

impl Guarded {
    pub(crate) fn new(batches: Batches) -> Self {
        Self(Some(batches))
    }
}

impl Iterator for Guarded {
    type Item = Result<RecordBatch, ArrowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batches = self.0.take()?;
        match guarded(|| batches.next().transpose()) {
            Ok(batch) => {
                self.0 = Some(batches);
                batch.map(Ok)
            }
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_the_last_batch_and_an_error() {
        let batches = (0..3).map(|number| match number {
            1 => panic!("index {number} out of bounds"),
            _ => Err(ArrowError::DivideByZero),
        });
        let mut guarded = Guarded::new(Box::new(batches));
        assert!(matches!(guarded.next(), Some(Err(ArrowError::DivideByZero))));
        assert!(guarded.next().is_none(), "nothing is read after an error");
        let panics = std::iter::from_fn(|| -> Option<Result<RecordBatch, ArrowError>> {
            panic!("index out of bounds")
        });
        let mut guarded = Guarded::new(Box::new(panics));
        let error = guarded.next().expect("an error").expect_err("not a batch").to_string();
        assert!(error.contains("index out of bounds"), "{error}");
        assert!(guarded.next().is_none());
    }
}
