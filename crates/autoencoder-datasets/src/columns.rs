//! The columns of a table as a model sees them: a number is one feature; a word one of several, of which one is 1 and
//! the others 0; that a number is missing may be a feature of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Missing;
use crate::cells::{FILL, date, number, unknown_word, without_value};

/// The most words of a column: with more a code for each would be most of the model.
const MOST_WORDS: usize = 256;
/// Words of a column from which it is looked at whether most rows have one of their own, as names and numbers of
/// customers do.
const MANY_WORDS: usize = 20;

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// As the file names it.
    pub name: String,
    /// The words that its cells hold, in alphabetical order; none where they hold numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Whether a second feature is 1 where the number is missing and 0 elsewhere.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub indicator: bool,
}

impl Column {
    /// A column of numbers.
    pub fn number(name: impl Into<String>) -> Self {
        Self { name: name.into(), words: Vec::new(), indicator: false }
    }

    /// How many features it is to a model.
    pub fn features(&self) -> usize {
        match self.words.len() {
            0 => 1 + usize::from(self.indicator),
            words => words,
        }
    }

    /// What its features are called.
    pub fn feature_names(&self) -> Vec<String> {
        let Self { name, words, indicator } = self;
        match words.is_empty() {
            false => words.iter().map(|word| format!("{name}={word}")).collect(),
            true => {
                let missing = indicator.then(|| format!("{name} is missing"));
                std::iter::once(name.clone()).chain(missing).collect()
            }
        }
    }

    /// The word of which the feature is greatest; `None` for a column of numbers.
    pub fn word(&self, features: &[f32]) -> Option<&str> {
        let pairs = self.words.iter().zip(features);
        pairs.max_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(word, _)| word.as_str())
    }
}

/// A column while its file is read.
pub(crate) struct Reading {
    name: String,
    kind: Kind,
    missing: Missing,
    /// Whether a number was missing, or may be since the run's own file had such.
    indicator: bool,
}

enum Kind {
    /// No cell had a value so far.
    Open,
    Numbers,
    /// The words so far, each with its place in the order they came in.
    Words(BTreeMap<String, usize>),
    /// Those of a run, with their places.
    Known(Vec<String>),
}

impl Reading {
    /// A column of which the first cell with a value says what it holds.
    pub(crate) fn open(name: &str, missing: Missing) -> Self {
        Self { name: name.to_owned(), kind: Kind::Open, missing, indicator: false }
    }

    /// A column that holds what a run's file held.
    pub(crate) fn known(column: &Column, missing: Missing) -> Self {
        let kind = match column.words.is_empty() {
            true => Kind::Numbers,
            false => Kind::Known(column.words.clone()),
        };
        Self { name: column.name.clone(), kind, missing, indicator: column.indicator }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A cell as a number: itself, or its word's place; NaN where it has no value and may have none.
    ///
    /// # Errors
    /// What is wrong with the cell, and what to do.
    pub(crate) fn cell(&mut self, cell: &str) -> Result<f32, String> {
        if without_value(cell) {
            return self.without_value();
        }
        if matches!(self.kind, Kind::Open) {
            self.kind = match cell.parse::<f32>() {
                Ok(_) => Kind::Numbers,
                Err(_) => Kind::Words(BTreeMap::new()),
            };
        }
        match &mut self.kind {
            Kind::Open | Kind::Numbers => number(cell),
            Kind::Known(words) => match words.binary_search_by(|word| word.as_str().cmp(cell)) {
                Ok(place) => Ok(place as f32),
                Err(_) => Err(unknown_word(cell, words)),
            },
            Kind::Words(words) => {
                if let Some(&place) = words.get(cell) {
                    return Ok(place as f32);
                }
                date(cell)?;
                if words.len() == MOST_WORDS {
                    return Err(format!(
                        "holds `{cell}` after {MOST_WORDS} other words: train without the column (ae train --drop)"
                    ));
                }
                let place = words.len();
                words.insert(cell.to_owned(), place);
                Ok(place as f32)
            }
        }
    }

    /// A number of a file that knows numbers.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub(crate) fn number(&mut self, value: f32) -> Result<f32, String> {
        match (&self.kind, value) {
            (Kind::Known(_) | Kind::Words(_), _) => {
                Err("holds numbers, where training saw words: write the words".to_owned())
            }
            (_, value) if value.is_nan() => self.without_value(),
            (_, value) if value.is_infinite() => Err(format!("holds {value}: {FILL}")),
            (_, value) => {
                self.kind = Kind::Numbers;
                Ok(value)
            }
        }
    }

    pub(crate) fn without_value(&mut self) -> Result<f32, String> {
        if self.missing == Missing::Refuse {
            return Err(format!("has no value: {FILL}"));
        }
        self.indicator |= self.missing == Missing::Indicator;
        Ok(f32::NAN)
    }

    /// The column as it was found to be, and the place of each code among its words.
    fn finish(self, rows: usize) -> Result<(Column, Vec<usize>), String> {
        let Self { name, kind, indicator, .. } = self;
        let words: BTreeMap<String, usize> = match kind {
            Kind::Open | Kind::Numbers => {
                return Ok((Column { name, words: Vec::new(), indicator }, Vec::new()));
            }
            Kind::Known(words) => words.into_iter().enumerate().map(|(place, word)| (word, place)).collect(),
            Kind::Words(words) if words.len() > MANY_WORDS && 2 * words.len() > rows => {
                return Err(format!(
                    "column `{name}` has a word of its own in most rows: train without it (ae train --drop {name})"
                ));
            }
            Kind::Words(words) => words,
        };
        let mut places = vec![0; words.len()];
        words.values().enumerate().for_each(|(place, &code)| places[code] = place);
        let words = words.into_keys().collect();
        Ok((Column { name, words, indicator: false }, places))
    }
}

/// The columns of cells that were read row by row, and their features.
///
/// # Errors
/// A column that cannot be learned from.
pub(crate) fn features(cells: Vec<f32>, columns: Vec<Reading>) -> Result<(Vec<Column>, Vec<f32>), String> {
    let rows = cells.len() / columns.len().max(1);
    let columns: Result<Vec<(Column, Vec<usize>)>, String> =
        columns.into_iter().map(|column| column.finish(rows)).collect();
    let columns = columns?;
    let width: usize = columns.iter().map(|(column, _)| column.features()).sum();
    if columns.iter().all(|(column, _)| column.words.is_empty() && !column.indicator) {
        return Ok((columns.into_iter().map(|(column, _)| column).collect(), cells));
    }
    let mut values = vec![0.0; rows * width];
    for (row, out) in cells.chunks_exact(columns.len()).zip(values.chunks_exact_mut(width)) {
        let mut at = 0;
        for (&cell, (column, places)) in row.iter().zip(&columns) {
            match column.words.is_empty() {
                true => {
                    out[at] = cell;
                    if column.indicator {
                        out[at + 1] = f32::from(cell.is_nan());
                    }
                }
                // No word is known of a cell without a value.
                false if cell.is_nan() => {}
                false => out[at + places[cell as usize]] = 1.0,
            }
            at += column.features();
        }
    }
    Ok((columns.into_iter().map(|(column, _)| column).collect(), values))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(missing: Missing, cells: &[[&str; 2]]) -> Result<(Vec<Column>, Vec<f32>), String> {
        let mut columns = ["size", "colour"].map(|name| Reading::open(name, missing));
        let mut values = Vec::new();
        for row in cells {
            for (column, cell) in columns.iter_mut().zip(row) {
                values.push(column.cell(cell)?);
            }
        }
        features(values, columns.into())
    }

    #[test]
    fn words_are_features_of_their_own_in_alphabetical_order() {
        let cells = [["1", "red"], ["2", "blue"], ["3", "red"]];
        let (columns, values) = read(Missing::Refuse, &cells).expect("columns");
        assert_eq!(values, [1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 3.0, 0.0, 1.0]);
        assert_eq!(columns[1].feature_names(), ["colour=blue", "colour=red"]);
        assert_eq!(columns[1].word(&[0.2, 0.7]), Some("red"));
        assert_eq!(columns[0].word(&[0.2]), None);
    }

    #[test]
    fn what_is_missing_is_nan_and_where_it_is_asked_for_a_feature() {
        let cells = [["1", "red"], ["", "?"]];
        let (_, values) = read(Missing::Mean, &cells).expect("columns");
        assert_eq!((values[0], values[1], values[3]), (1.0, 1.0, 0.0));
        assert!(values[2].is_nan());
        let (columns, values) = read(Missing::Indicator, &cells).expect("columns");
        assert_eq!((values[..3].to_vec(), values[4..].to_vec()), (vec![1.0, 0.0, 1.0], vec![1.0, 0.0]));
        assert_eq!(columns[0].feature_names(), ["size", "size is missing"]);
        assert!(read(Missing::Refuse, &cells).expect_err("refused").contains("no value"));
    }

    #[test]
    fn a_run_s_words_keep_their_places_and_no_other_is_taken() {
        let words = ["blue", "green", "red"].map(str::to_owned).to_vec();
        let known = Column { name: "colour".to_owned(), words, indicator: false };
        let mut column = Reading::known(&known, Missing::Refuse);
        assert_eq!(column.cell("red"), Ok(2.0));
        let error = column.cell("purple").expect_err("refused");
        assert!(error.contains("purple") && error.contains("blue, green, red"), "{error}");
        assert!(column.number(1.0).is_err());
        let (columns, values) = features(vec![2.0, 0.0], vec![column]).expect("columns");
        assert_eq!((columns, values), (vec![known], vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
    }

    #[test]
    fn dates_names_and_numbers_among_words_or_words_among_numbers_are_told_apart() {
        assert!(read(Missing::Refuse, &[["1", "2024-05-01"]]).expect_err("refused").contains("date"));
        assert!(read(Missing::Refuse, &[["1", "a"], ["b", "a"]]).expect_err("refused").contains("`b`"));
        let (columns, _) = read(Missing::Refuse, &[["1", "a"], ["1", "7"]]).expect("columns");
        assert_eq!(columns[1].words, ["7", "a"]);
        let names: Vec<String> = (0..30).map(|index| format!("customer {index}")).collect();
        let cells: Vec<[&str; 2]> = names.iter().map(|name| ["1", name.as_str()]).collect();
        let error = read(Missing::Refuse, &cells).expect_err("refused");
        assert!(error.contains("--drop colour"), "{error}");
    }
}
