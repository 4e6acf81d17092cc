//! Columns on their way into a file.

use crate::columns::Column;

/// The numbers of a column.
#[derive(Clone, Debug)]
pub enum Numbers {
    /// Counts and flags.
    Integers(Vec<i64>),
    /// As the model computes.
    Floats(Vec<f32>),
    /// Sums.
    Doubles(Vec<f64>),
    /// Of a column that holds words.
    Words(Vec<String>),
}

impl Numbers {
    /// None yet of a column, of whose numbers `origin` was taken off.
    pub(crate) fn of(column: &Column, rows: usize, origin: f64) -> Self {
        match column.words.is_empty() {
            true if origin != 0.0 => Self::Doubles(Vec::with_capacity(rows)),
            true => Self::Floats(Vec::with_capacity(rows)),
            false => Self::Words(Vec::with_capacity(rows)),
        }
    }

    /// One more, from the features of its column.
    pub(crate) fn push(&mut self, column: &Column, features: &[f32], origin: f64) {
        let first = features.first().copied().unwrap_or(f32::NAN);
        match self {
            Self::Words(words) => words.push(column.word(features).unwrap_or_default().to_owned()),
            Self::Floats(values) => values.push(first),
            Self::Doubles(values) => values.push(f64::from(first) + origin),
            Self::Integers(_) => {}
        }
    }

    /// The same with each word changed.
    pub fn map_words(self, change: impl Fn(String) -> String) -> Self {
        match self {
            Self::Words(words) => Self::Words(words.into_iter().map(change).collect()),
            numbers => numbers,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Integers(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Doubles(values) => values.len(),
            Self::Words(words) => words.len(),
        }
    }

    pub(crate) fn word(&self, row: usize) -> String {
        match self {
            Self::Integers(values) => values[row].to_string(),
            Self::Floats(values) => values[row].to_string(),
            Self::Doubles(values) => values[row].to_string(),
            Self::Words(words) => words[row].clone(),
        }
    }
}
