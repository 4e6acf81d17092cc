//! Errors about data, found before anything is trained on it.

use crate::ExampleShape;

/// What can be wrong with examples.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A value that the loss is not defined for.
    #[error("the {loss} loss needs values {range}, but column {column} holds {min} to {max}: {remedy}")]
    OutsideLossRange {
        /// The loss as the configuration names it.
        loss: &'static str,
        /// The values it is defined for, in words.
        range: &'static str,
        /// The first column that has others, from 0.
        column: usize,
        /// The least value of that column.
        min: f32,
        /// The greatest value of that column.
        max: f32,
        /// What would fit.
        remedy: &'static str,
    },
    /// Rows that should be probability vectors and do not sum to one.
    #[error(
        "the categorical loss needs rows that sum to 1, but row {row} sums to {sum}: divide each row \
         by its sum, or use loss.kind = \"squared-error\""
    )]
    NotAProbabilityVector {
        /// The row, from 0.
        row: usize,
        /// Its sum.
        sum: f64,
    },
    /// A NaN or an infinity.
    #[error(
        "row {row}, column {column} (counted from 0) holds {value}: remove the row or fill in a finite value"
    )]
    NotFinite {
        /// The row, from 0.
        row: usize,
        /// The column, from 0.
        column: usize,
        /// The value.
        value: f32,
    },
    /// Examples of another shape than the model's.
    #[error(
        "the data hold {found} an example, but the model takes {expected}: use data of that shape or train on these"
    )]
    WrongShape {
        /// What the model takes.
        expected: ExampleShape,
        /// What the data hold.
        found: ExampleShape,
    },
    /// A row number past the end.
    #[error("row {row} was asked for, but there are {len}: ask for rows below {len}")]
    NoSuchRow {
        /// The row asked for, from 0.
        row: usize,
        /// How many there are.
        len: usize,
    },
    /// Nothing to work on.
    #[error("the {part} part has no examples: {remedy}")]
    Empty {
        /// Which part: `training`, `validation`, `test`.
        part: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A file that could not be read when its rows were needed.
    #[error("cannot read {path}: {source}; check that the file is there and readable")]
    Unreadable {
        /// The file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
