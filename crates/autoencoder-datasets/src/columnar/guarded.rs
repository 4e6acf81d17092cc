//! Libraries that panic where the bytes of a file are not what they should be: their panics as errors.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::RecordBatch;
use arrow_schema::ArrowError;

/// Where a file's rows come from, batch by batch.
pub(crate) type Batches = Box<dyn Iterator<Item = Result<RecordBatch, ArrowError>>>;

/// What `f` returns, with its error or its panic as text. The process's panic hook sees the panic nevertheless.
pub(crate) fn guarded<T, E: std::fmt::Display>(f: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(result) => result.map_err(|error| error.to_string()),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            Err(format!("its bytes lead nowhere ({})", text.unwrap_or("no reason given")))
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
    type Item = Result<RecordBatch, String>;

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
        let errors = std::iter::repeat_with(|| Err(ArrowError::DivideByZero));
        let mut guarded = Guarded::new(Box::new(errors));
        assert!(guarded.next().is_some_and(|batch| batch.is_err()));
        assert!(guarded.next().is_none(), "nothing is read after an error");
        let panics = std::iter::from_fn(|| -> Option<Result<RecordBatch, ArrowError>> {
            panic!("index out of bounds")
        });
        let mut guarded = Guarded::new(Box::new(panics));
        let error = guarded.next().expect("an error").expect_err("not a batch");
        assert!(error.contains("index out of bounds"), "{error}");
        assert!(guarded.next().is_none());
    }
}
