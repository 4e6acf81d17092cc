//! What one example looks like.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The shape of one example. Tensors are always flat, `[batch, features]`; an image model reshapes
/// inside, row by row and channel by channel (`[channels, height, width]`).
///
/// ```
/// use autoencoder_core::ExampleShape;
///
/// let image = ExampleShape::Image { channels: 3, height: 8, width: 8 };
/// assert_eq!(image.features(), 192);
/// assert_eq!(image.to_string(), "3x8x8 image");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ExampleShape {
    /// A row of that many numbers.
    Flat(usize),
    /// An image.
    Image {
        /// 1 for grey, 3 for colour.
        channels: usize,
        /// Rows of pixels.
        height: usize,
        /// Columns of pixels.
        width: usize,
    },
}

impl ExampleShape {
    /// The number of values in one example: the width of `[batch, features]`.
    pub fn features(&self) -> usize {
        match *self {
            Self::Flat(features) => features,
            Self::Image { channels, height, width } => channels * height * width,
        }
    }
}

impl fmt::Display for ExampleShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flat(features) => write!(f, "{features} features"),
            Self::Image { channels, height, width } => write!(f, "{channels}x{height}x{width} image"),
        }
    }
}
