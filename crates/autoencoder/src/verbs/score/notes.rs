//! What is known of each row beside its scores.

use std::ops::Range;
use std::path::PathBuf;

/// What is known of each row beside its scores; each of them empty where it is not.
#[derive(Clone, Debug, Default)]
pub(super) struct Notes {
    /// The line of the file.
    pub(super) lines: Vec<u64>,
    /// The picture's path in its folder.
    pub(super) pictures: Vec<PathBuf>,
    /// The column that is handed through.
    pub(super) ids: Vec<String>,
    pub(super) outside: Vec<u32>,
    pub(super) unseen: Vec<u32>,
}

impl Notes {
    /// Those of some of the rows.
    pub(super) fn of(self, rows: &Range<usize>) -> Self {
        fn cut<T: Clone>(all: &[T], rows: &Range<usize>) -> Vec<T> {
            all.get(rows.clone()).unwrap_or_default().to_vec()
        }
        Self {
            lines: cut(&self.lines, rows),
            pictures: cut(&self.pictures, rows),
            ids: cut(&self.ids, rows),
            outside: cut(&self.outside, rows),
            unseen: cut(&self.unseen, rows),
        }
    }

    pub(super) fn is_unseen(&self, row: usize) -> bool {
        self.unseen.get(row).is_some_and(|&count| count > 0)
    }

    /// What a row is called where it comes from, if it is called anything there.
    pub(super) fn name(&self, row: usize) -> Option<String> {
        let id = self.ids.get(row).cloned();
        let picture = || self.pictures.get(row).map(|path| path.display().to_string());
        id.or_else(picture).or_else(|| self.lines.get(row).map(|line| format!("line {line}")))
    }
}
