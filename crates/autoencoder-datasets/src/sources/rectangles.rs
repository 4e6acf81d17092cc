//! Rectangles (Larochelle et al. 2007): the one-pixel outline of a rectangle, white on black.

use autoencoder_core::Seed;
use rand::RngExt;

use super::{Sizes, pictures, procedural};
use crate::{DataSet, DatasetError, Request};

pub(super) const SIDE: usize = 28;
/// Height and width differ by at least that many pixels, or the class could not be seen.
const LEAST_DIFFERENCE: usize = 3;
const SIZES: Sizes = Sizes { train: 10_000, test: 2_000 };

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    Ok(procedural("rectangles", SIZES, &request, |count, seed| pictures(SIDE, count, seed, example)))
}

/// One picture; its label is 1 where the rectangle is taller than wide.
pub(super) fn example(seed: Seed) -> ([u8; SIDE * SIDE], i64) {
    let mut rng = seed.rng();
    let (height, width) = loop {
        let sides: (usize, usize) = (rng.random_range(2..=SIDE), rng.random_range(2..=SIDE));
        if sides.0.abs_diff(sides.1) >= LEAST_DIFFERENCE {
            break sides;
        }
    };
    let (top, left) = (rng.random_range(0..=SIDE - height), rng.random_range(0..=SIDE - width));
    let mut pixels = [0; SIDE * SIDE];
    for column in left..left + width {
        pixels[top * SIDE + column] = 255;
        pixels[(top + height - 1) * SIDE + column] = 255;
    }
    for row in top..top + height {
        pixels[row * SIDE + left] = 255;
        pixels[row * SIDE + left + width - 1] = 255;
    }
    (pixels, i64::from(height > width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_says_whether_the_outline_is_taller_than_wide() {
        for seed in 0..200 {
            let (pixels, label) = example(Seed::new(seed));
            let rows = (0..SIDE).filter(|row| pixels[row * SIDE..(row + 1) * SIDE].contains(&255)).count();
            let columns =
                (0..SIDE).filter(|column| (0..SIDE).any(|row| pixels[row * SIDE + column] == 255)).count();
            assert!(rows.abs_diff(columns) >= LEAST_DIFFERENCE);
            assert_eq!(label, i64::from(rows > columns));
            let ink = pixels.iter().filter(|&&pixel| pixel == 255).count();
            assert_eq!(ink, 2 * (rows + columns) - 4);
        }
    }
}
