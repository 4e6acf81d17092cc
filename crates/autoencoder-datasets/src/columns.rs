//! The columns of a table as a model sees them: a number is one feature; a word one of several, of which one is 1 and
//! the others 0; that a number is missing may be a feature of its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Missing;
use crate::cells::{FILL, Notation, date, format_of, number, value, without_value};
use crate::narrow::{Narrow, Narrowed};

/// The most words of a column: with more a code for each would be most of the model.
pub(crate) const MOST_WORDS: usize = 256;
/// Words of a column from which it is looked at whether most rows have one of their own, as names and numbers of
/// customers do.
pub(crate) const MANY_WORDS: usize = 20;

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
        if words.is_empty() {
            let missing = indicator.then(|| format!("{name} is missing"));
            std::iter::once(name.clone()).chain(missing).collect()
        } else {
            words.iter().map(|word| format!("{name}={word}")).collect()
        }
    }

    /// The word of which the feature is greatest; `None` for a column of numbers.
    pub fn word(&self, features: &[f32]) -> Option<&str> {
        // Of equals the first, as everywhere.
        let pairs = self.words.iter().zip(features).rev();
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
    /// How many cells held a word that the run's own file had not.
    pub(crate) unseen: usize,
}

enum Kind {
    /// No cell had a value so far.
    Open,
    Numbers(Notation),
    /// The words so far, each with its place in the order they came in.
    Words(BTreeMap<String, usize>),
    /// Those of a run, with their places.
    Known(Vec<String>),
}

impl Reading {
    /// A column of which the first cell with a value says what it holds.
    pub(crate) fn open(name: &str, missing: Missing) -> Self {
        Self { name: name.to_owned(), kind: Kind::Open, missing, indicator: false, unseen: 0 }
    }

    /// A column whose cells are words, numbers or not.
    pub(crate) fn words(name: &str, missing: Missing) -> Self {
        Self { kind: Kind::Words(BTreeMap::new()), ..Self::open(name, missing) }
    }

    /// Decides by its first cells what the column holds: numbers where more than half of them are, in the format of most.
    pub(crate) fn settle<'a>(&mut self, cells: impl Iterator<Item = &'a str> + Clone, delimiter: u8) {
        let cells = cells.filter(|cell| !without_value(cell));
        let (format, numbers) = format_of(cells.clone(), delimiter);
        match self.kind {
            Kind::Open if numbers > 0 && 2 * numbers > cells.count() => self.kind = Kind::Numbers(format),
            Kind::Open => self.kind = Kind::Words(BTreeMap::new()),
            Kind::Numbers(_) => self.kind = Kind::Numbers(format),
            Kind::Words(_) | Kind::Known(_) => {}
        }
    }

    /// A column that holds what a run's file held.
    pub(crate) fn known(column: &Column, missing: Missing) -> Self {
        let kind = if column.words.is_empty() {
            Kind::Numbers(Notation::Point)
        } else {
            Kind::Known(column.words.clone())
        };
        Self { name: column.name.clone(), kind, missing, indicator: column.indicator, unseen: 0 }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// A cell as a number: itself, or its word's place; NaN where it has no value and may have none, and for a word that the
    /// run's own file had not.
    ///
    /// # Errors
    /// What is wrong with the cell, and what to do.
    pub(crate) fn cell(&mut self, cell: &str) -> Result<f64, String> {
        if without_value(cell) {
            return self.without_value();
        }
        if matches!(self.kind, Kind::Open) {
            self.kind = match value(cell, Notation::Point) {
                Some(_) => Kind::Numbers(Notation::Point),
                None => Kind::Words(BTreeMap::new()),
            };
        }
        match &mut self.kind {
            Kind::Open => number(cell, Notation::Point, &self.name),
            Kind::Numbers(format) => match number(cell, *format, &self.name) {
                Ok(number) => Ok(number),
                // What is not finite is as good as missing, where something may be.
                Err(_) if self.missing != Missing::Refuse && value(cell, *format).is_some() => {
                    self.without_value()
                }
                Err(problem) => Err(problem),
            },
            Kind::Known(words) => match words.binary_search_by(|word| word.as_str().cmp(cell)) {
                Ok(place) => Ok(place as f64),
                Err(_) => {
                    self.unseen += 1;
                    Ok(f64::NAN)
                }
            },
            Kind::Words(words) => {
                if let Some(&place) = words.get(cell) {
                    return Ok(place as f64);
                }
                date(cell)?;
                if words.len() == MOST_WORDS {
                    return Err(format!(
                        "holds `{cell}` after {MOST_WORDS} other words: leave the column out with data.drop"
                    ));
                }
                let place = words.len();
                words.insert(cell.to_owned(), place);
                Ok(place as f64)
            }
        }
    }

    /// A number of a file that knows numbers.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub(crate) fn number(&mut self, value: f64) -> Result<f64, String> {
        match (&self.kind, value) {
            (Kind::Known(_) | Kind::Words(_), value) if value.is_nan() => self.without_value(),
            // Numbers that are codes.
            (Kind::Known(_) | Kind::Words(_), value) => self.cell(&value.to_string()),
            (_, value) if value.is_nan() => self.without_value(),
            (_, value) if value.abs() > f64::from(f32::MAX) => match self.missing {
                Missing::Refuse => Err(format!("holds {value}: {FILL}")),
                Missing::Mean | Missing::Indicator => self.without_value(),
            },
            (_, value) => {
                self.kind = Kind::Numbers(Notation::Point);
                Ok(value)
            }
        }
    }

    pub(crate) fn without_value(&mut self) -> Result<f64, String> {
        if self.missing == Missing::Refuse {
            return Err(format!("has no value: {FILL}"));
        }
        self.indicator |= self.missing == Missing::Indicator;
        Ok(f64::NAN)
    }

    /// The column as it was found to be, and the place of each code among its words.
    fn finish(self, rows: usize) -> Result<(Column, Vec<usize>), String> {
        let Self { name, kind, indicator, .. } = self;
        let words: BTreeMap<String, usize> = match kind {
            Kind::Open | Kind::Numbers(_) => {
                return Ok((Column { name, words: Vec::new(), indicator }, Vec::new()));
            }
            Kind::Known(words) => words.into_iter().enumerate().map(|(place, word)| (word, place)).collect(),
            Kind::Words(words) if words.len() > MANY_WORDS && 2 * words.len() > rows => {
                return Err(format!(
                    "column `{name}` has a word of its own in most rows: leave it out with data.drop = [\"{name}\"]"
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

/// The columns of cells that were read row by row, and their features, with what was taken off each.
///
/// # Errors
/// A column that cannot be learned from.
pub(crate) fn features(cells: Narrow, columns: Vec<Reading>) -> Result<(Vec<Column>, Narrowed), String> {
    let Narrowed { values: cells, origins } = cells.finish();
    let rows = cells.len() / columns.len().max(1);
    let columns: Result<Vec<(Column, Vec<usize>)>, String> =
        columns.into_iter().map(|column| column.finish(rows)).collect();
    let columns = columns?;
    let width: usize = columns.iter().map(|(column, _)| column.features()).sum();
    if columns.iter().all(|(column, _)| column.words.is_empty() && !column.indicator) {
        let columns = columns.into_iter().map(|(column, _)| column).collect();
        return Ok((columns, Narrowed { values: cells, origins }));
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
    let spread = |(origin, (column, _)): (&f64, &(Column, Vec<usize>))| {
        (0..column.features()).map(|feature| if feature == 0 { *origin } else { 0.0 }).collect::<Vec<_>>()
    };
    let origins = origins.iter().zip(&columns).flat_map(spread).collect();
    Ok((columns.into_iter().map(|(column, _)| column).collect(), Narrowed { values, origins }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(missing: Missing, cells: &[[&str; 2]]) -> Result<(Vec<Column>, Vec<f32>), String> {
        let mut columns = ["size", "colour"].map(|name| Reading::open(name, missing));
        for (index, column) in columns.iter_mut().enumerate() {
            column.settle(cells.iter().map(|row| row[index]), b',');
        }
        let mut values = Narrow::new(2, 0);
        for row in cells {
            for (column, cell) in columns.iter_mut().zip(row) {
                values.push(column.cell(cell)?);
            }
        }
        features(values, columns.into()).map(|(columns, narrowed)| (columns, narrowed.values))
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
    fn a_run_s_words_keep_their_places_and_another_is_none_of_them() {
        let words = ["blue", "green", "red"].map(str::to_owned).to_vec();
        let known = Column { name: "colour".to_owned(), words, indicator: false };
        let mut column = Reading::known(&known, Missing::Refuse);
        assert_eq!(column.cell("red"), Ok(2.0));
        assert!(column.cell("purple").expect("no word of the run's").is_nan());
        assert_eq!(column.unseen, 1);
        assert!(column.number(1.0).expect("no word of the run's").is_nan());
        let mut cells = Narrow::new(1, 2);
        [2.0, 0.0].into_iter().for_each(|cell| cells.push(cell));
        let (columns, narrowed) = features(cells, vec![column]).expect("columns");
        assert_eq!((columns, narrowed.values), (vec![known], vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0]));
    }

    #[test]
    fn dates_names_and_numbers_among_words_or_words_among_numbers_are_told_apart() {
        assert!(read(Missing::Refuse, &[["1", "2024-05-01"]]).expect_err("refused").contains("date"));
        let error = read(Missing::Refuse, &[["1", "a"], ["b", "a"], ["2", "a"]]).expect_err("refused");
        assert!(error.contains("`b`") && error.contains("data.words = [\"size\"]"), "{error}");
        let (columns, _) = read(Missing::Refuse, &[["1", "a"], ["1", "7"]]).expect("columns");
        assert_eq!(columns[1].words, ["7", "a"]);
        let names: Vec<String> = (0..30).map(|index| format!("customer {index}")).collect();
        let cells: Vec<[&str; 2]> = names.iter().map(|name| ["1", name.as_str()]).collect();
        let error = read(Missing::Refuse, &cells).expect_err("refused");
        assert!(error.contains("data.drop = [\"colour\"]"), "{error}");
    }
}
