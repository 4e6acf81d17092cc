//! Cells without a value.

use serde::{Deserialize, Serialize};

/// What becomes of a cell of a table that has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Missing {
    /// The table is refused, naming the cell.
    #[default]
    Refuse,
    /// It takes the mean that its column has in the training part; of words, none is said to be there.
    Mean,
    /// The same, and of numbers a feature of its own says which are missing.
    Indicator,
}
