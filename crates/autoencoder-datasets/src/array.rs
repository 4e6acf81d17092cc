//! Arrays as they were read, before anybody asks for columns of them.

use crate::Matrix;

/// What the axes of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// `(examples, features)`; a single axis is a column.
    Rows,
    /// `(examples, height, width)`.
    Grey,
    /// `(examples, channels, height, width)`.
    ChannelsFirst,
    /// `(examples, height, width, channels)`.
    ChannelsLast,
}

/// An array as it was read.
#[derive(Clone, Debug)]
pub(crate) struct Array {
    /// Its rows; images with their channels first, whatever the file had.
    pub(crate) matrix: Matrix,
    /// The axes that the file had.
    pub(crate) axes: Axes,
}
