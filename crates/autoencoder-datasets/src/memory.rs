//! Whether there is memory for what a file says it holds.

use std::path::Path;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::DatasetError;

/// The share of the free memory that the rows of a file may take.
const SHARE: f64 = 0.8;

/// The memory that is free, in bytes; 0 where the system does not say.
pub fn available_memory() -> u64 {
    let memory = MemoryRefreshKind::nothing().with_ram();
    System::new_with_specifics(RefreshKind::nothing().with_memory(memory)).available_memory()
}

/// Refuses rows that the memory cannot hold, before any is read.
///
/// # Errors
/// [`DatasetError::TooLarge`].
pub(crate) fn check_memory(path: &Path, rows: usize, columns: usize) -> Result<(), DatasetError> {
    let needed = (rows as u64).saturating_mul(columns as u64).saturating_mul(4);
    let available = available_memory();
    match available > 0 && needed as f64 > SHARE * available as f64 {
        true => {
            Err(DatasetError::TooLarge { path: path.to_owned(), rows, columns, available: available >> 20 })
        }
        false => Ok(()),
    }
}
