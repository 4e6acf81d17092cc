//! The rows of the highest scores.

use serde::Serialize;

/// How many of the highest scores are named.
const WORST: usize = 10;

/// A row of the input and its score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Counted from 0.
    pub row: usize,
    /// What it is called where it comes from: its id, its picture, its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The higher, the more anomalous.
    pub score: f64,
}

/// The rows of the highest scores, highest first, where the first score is that of the row `first`.
pub(crate) fn worst(scores: &[f64], first: usize) -> Vec<Row> {
    let mut rows: Vec<Row> =
        (first..).zip(scores).map(|(row, &score)| Row { row, name: None, score }).collect();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    rows.truncate(WORST);
    rows
}
