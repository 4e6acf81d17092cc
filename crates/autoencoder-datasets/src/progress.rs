//! How far something is that takes its time, and who is told.

use std::fmt;
use std::sync::Arc;

/// How far something is that takes its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done to what, such as `reading x.csv`.
    pub what: String,
    /// How much is done.
    pub done: u64,
    /// How much there is, where that is known.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: Unit,
}

/// What a [`Progress`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Of a download.
    Bytes,
    /// Of a table, or examples.
    Rows,
}

impl Progress {
    /// So many rows of those in all, where that is known.
    pub fn rows(what: impl Into<String>, done: usize, total: Option<usize>) -> Self {
        let total = total.map(|total| total as u64);
        Self { what: what.into(), done: done as u64, total, unit: Unit::Rows }
    }
}

/// Who is told how far things are: what a program shows its user meanwhile.
///
/// ```
/// use autoencoder_datasets::{DataFolder, Listener};
///
/// let listener = Listener::new(|progress| eprintln!("{}: {}", progress.what, progress.done));
/// let folder = DataFolder::new(None).with_listener(listener);
/// ```
#[derive(Clone, Default)]
pub struct Listener(Option<Arc<dyn Fn(Progress) + Send + Sync>>);

impl Listener {
    /// Calls `told` now and then, from whichever thread does the work.
    pub fn new(told: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    /// Nobody is told.
    pub const fn nobody() -> Self {
        Self(None)
    }

    /// Tells how far something is.
    pub fn tell(&self, progress: Progress) {
        if let Some(told) = &self.0 {
            told(progress);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Listener" } else { "Listener(nobody)" })
    }
}
