//! Whether there is memory for what a file says it holds.

use std::path::Path;

use sysinfo::{MemoryRefreshKind, RefreshKind, System};

use crate::DatasetError;

/// The share of the free memory that the rows of a file may take.
const SHARE: f64 = 0.8;

/// The memory that this process may still have, in bytes: what is free on the machine, or what its group (cgroup) or its
/// own limit (`ulimit -v`) leaves, if that is less; 0 where the system does not say.
pub fn available_memory() -> u64 {
    let memory = MemoryRefreshKind::nothing().with_ram();
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(memory));
    let of_group = system.cgroup_limits().map(|limits| limits.free_memory);
    let least = [Some(system.available_memory()), of_group, of_process()].into_iter().flatten();
    least.filter(|&bytes| bytes > 0).min().unwrap_or(0)
}

/// What the limit of the process leaves of its address space.
#[cfg(target_os = "linux")]
fn of_process() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};
    let limit = getrlimit(Resource::As).current?;
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    let used = pages.split_whitespace().next()?.parse::<u64>().ok()?.saturating_mul(4096);
    // None left is not what is not known.
    Some(limit.saturating_sub(used).max(1))
}

#[cfg(not(target_os = "linux"))]
fn of_process() -> Option<u64> {
    None
}

/// Refuses rows that the memory cannot hold, before any is read.
///
/// # Errors
/// [`DatasetError::TooLarge`].
pub(crate) fn check_memory(path: &Path, rows: usize, columns: usize) -> Result<(), DatasetError> {
    let needed = (rows as u64).saturating_mul(columns as u64).saturating_mul(4);
    let available = available_memory();
    if available > 0 && needed as f64 > SHARE * available as f64 {
        Err(DatasetError::TooLarge { path: path.to_owned(), rows, columns, available: available >> 20 })
    } else {
        Ok(())
    }
}
