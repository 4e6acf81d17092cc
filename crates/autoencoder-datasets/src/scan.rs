//! A first look at a table: what each of its columns holds, and what would have to be said to learn from it.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::cells::{Notation, format_of, is_date, value, without_value};
use crate::columns::{MANY_WORDS, MOST_WORDS};
use crate::table::LABELS;

/// How many cells of each column are shown, and how many odd ones are named.
const SHOWN: usize = 3;
/// By how many cells it is found out how the numbers of a column are written.
const SAMPLE: usize = 1000;

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scan {
    /// How many rows there are below the header.
    pub rows: usize,
    /// Whether the first row names the columns.
    pub has_header: bool,
    /// Its columns, as they stand there.
    pub columns: Vec<ScannedColumn>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScannedColumn {
    /// As the file has it; a second one of a name is `name.2`.
    pub name: String,
    /// What its cells are taken for.
    pub kind: Guess,
    /// How many cells have no value.
    pub missing: usize,
    /// How many are infinite, or more than is counted with.
    pub infinite: usize,
    /// How many are of another kind than the column's.
    pub odd: usize,
    /// The first of those, with their lines.
    pub odd_cells: Vec<OddCell>,
    /// How many different words there are; more than a column of words may have count as that many.
    pub words: usize,
    /// Its first cells with a value.
    pub examples: Vec<String>,
}

/// What the cells of a column are taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guess {
    /// Numbers with decimal points.
    Numbers,
    /// Numbers with decimal commas.
    DecimalCommas,
    /// Numbers with commas between thousands.
    Thousands,
    /// Words, few enough to be features.
    Words,
    /// Words of which most rows have one of their own, or more than are learned from.
    Names,
    /// Dates or times.
    Dates,
    /// The number of the row.
    Index,
    /// Nothing.
    Empty,
}

/// A cell of another kind than its column's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OddCell {
    /// From 1, the header included.
    pub line: u64,
    /// What it holds.
    pub cell: String,
}

impl Scan {
    /// The columns that cannot be learned from as they are.
    pub fn dropped(&self) -> Vec<&str> {
        let is_dropped = |column: &&ScannedColumn| {
            let kind = matches!(column.kind, Guess::Names | Guess::Dates | Guess::Empty);
            (kind || column.odd > 0) && !self.is_label(column)
        };
        let names: Vec<&str> =
            self.columns.iter().filter(is_dropped).map(|column| column.name.as_str()).collect();
        // Of two columns of a name one has to go.
        let is_second = |column: &&ScannedColumn| {
            column.name.rsplit_once('.').is_some_and(|(first, number)| {
                number.parse::<usize>().is_ok() && self.columns.iter().any(|other| other.name == first)
            })
        };
        let seconds = self.columns.iter().filter(is_second).map(|column| column.name.as_str());
        let seconds: Vec<&str> = seconds.filter(|name| !names.contains(name)).collect();
        [names, seconds].concat()
    }

    /// The column that is called as labels are, where its cells are few words or numbers.
    pub fn label(&self) -> Option<&str> {
        self.columns.iter().rev().find(|column| self.is_label(column)).map(|column| column.name.as_str())
    }

    fn is_label(&self, column: &ScannedColumn) -> bool {
        let is_called = LABELS.iter().any(|known| column.name.eq_ignore_ascii_case(known));
        is_called && self.columns.len() > 1 && column.words <= MANY_WORDS
    }

    /// Whether cells that are learned from have no value.
    pub fn has_gaps(&self) -> bool {
        let dropped = self.dropped();
        let learned = self.columns.iter().filter(|column| !dropped.contains(&column.name.as_str()));
        learned.filter(|column| !self.is_label(column)).any(|column| column.missing + column.infinite > 0)
    }
}

/// A column while its cells go by.
pub(crate) struct Scanning {
    name: String,
    head: Vec<(u64, String)>,
    counts: Option<Counts>,
}

struct Counts {
    format: Notation,
    is_numbers: bool,
    rows: usize,
    missing: usize,
    infinite: usize,
    numbers: usize,
    dates: usize,
    words: BTreeSet<String>,
    odd: usize,
    odd_cells: Vec<OddCell>,
    examples: Vec<String>,
    /// The count that the next cell of an index has; `None` where it is none.
    next: Option<Option<u64>>,
}

impl Scanning {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.to_owned(), head: Vec::new(), counts: None }
    }

    /// The next cell, in that line.
    pub(crate) fn cell(&mut self, line: u64, cell: &str, delimiter: u8) {
        match &mut self.counts {
            Some(counts) => counts.cell(line, cell),
            None => {
                self.head.push((line, cell.to_owned()));
                if self.head.len() == SAMPLE {
                    self.settle(delimiter);
                }
            }
        }
    }

    fn settle(&mut self, delimiter: u8) {
        let cells = self.head.iter().map(|(_, cell)| cell.as_str()).filter(|cell| !without_value(cell));
        let (format, numbers) = format_of(cells.clone(), delimiter);
        let is_numbers = numbers > 0 && 2 * numbers > cells.count();
        let mut counts = Counts {
            format,
            is_numbers,
            rows: 0,
            missing: 0,
            infinite: 0,
            numbers: 0,
            dates: 0,
            words: BTreeSet::new(),
            odd: 0,
            odd_cells: Vec::new(),
            examples: Vec::new(),
            next: Some(None),
        };
        std::mem::take(&mut self.head).iter().for_each(|(line, cell)| counts.cell(*line, cell));
        self.counts = Some(counts);
    }

    pub(crate) fn finish(mut self, delimiter: u8, is_first: bool) -> ScannedColumn {
        if self.counts.is_none() {
            self.settle(delimiter);
        }
        let counts = self.counts.expect("settled above");
        let valued = counts.rows - counts.missing;
        let is_unnamed = self.name == "column_0" || self.name.starts_with("Unnamed: ");
        let are_names = counts.words.len() > MANY_WORDS && 2 * counts.words.len() > counts.rows;
        let kind = match counts.format {
            _ if valued == 0 => Guess::Empty,
            _ if is_first && is_unnamed && counts.rows > 1 && matches!(counts.next, Some(Some(_))) => {
                Guess::Index
            }
            _ if !counts.is_numbers && 2 * counts.dates > valued => Guess::Dates,
            _ if !counts.is_numbers && (are_names || counts.words.len() > MOST_WORDS) => Guess::Names,
            _ if !counts.is_numbers => Guess::Words,
            Notation::Point => Guess::Numbers,
            Notation::Comma => Guess::DecimalCommas,
            Notation::Thousands => Guess::Thousands,
        };
        ScannedColumn {
            name: self.name,
            kind,
            missing: counts.missing,
            infinite: counts.infinite,
            odd: counts.odd,
            odd_cells: counts.odd_cells,
            words: counts.words.len(),
            examples: counts.examples,
        }
    }
}

impl Counts {
    fn cell(&mut self, line: u64, cell: &str) {
        self.rows += 1;
        let count = cell.parse::<u64>().ok();
        self.next = match (self.next, count) {
            (Some(None), Some(count)) => count.checked_add(1).map(Some),
            (Some(Some(next)), Some(count)) if next == count => count.checked_add(1).map(Some),
            _ => None,
        };
        if without_value(cell) {
            self.missing += 1;
            return;
        }
        if self.examples.len() < SHOWN {
            self.examples.push(cell.chars().take(24).collect());
        }
        if self.words.len() <= MOST_WORDS && !self.words.contains(cell) {
            self.words.insert(cell.chars().take(256).collect());
        }
        self.dates += usize::from(is_date(cell));
        match value(cell, self.format) {
            Some(value) => {
                self.numbers += 1;
                self.infinite += usize::from(value.abs() > f64::from(f32::MAX));
            }
            None if self.is_numbers => {
                self.odd += 1;
                if self.odd_cells.len() < SHOWN {
                    let cell = cell.chars().take(24).collect();
                    self.odd_cells.push(OddCell { line, cell });
                }
            }
            None => {}
        }
    }
}
