//! The set `rot` of Larochelle et al. 2007: each digit of MNIST turned about the centre of its picture by an angle
//! uniform in `[0, 2 pi)`. How the original filled in between pixels is not known; here it is bilinear.

use std::f64::consts::TAU;

use rand::RngExt;

use super::mnist::{DIGIT_SIDE, Digit};
use super::variation;
use crate::{DataSet, DatasetError, Request};

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    variation("mnist-rot", request, |digit, seed| turned(digit, seed.rng().random_range(0.0..TAU)))
}

/// The picture turned by `angle`, black where it had nothing.
fn turned(digit: &Digit, angle: f64) -> Digit {
    let middle = (DIGIT_SIDE - 1) as f64 / 2.0;
    let (sine, cosine) = angle.sin_cos();
    std::array::from_fn(|pixel| {
        let (down, right) = ((pixel / DIGIT_SIDE) as f64 - middle, (pixel % DIGIT_SIDE) as f64 - middle);
        let from = (middle + cosine * down + sine * right, middle - sine * down + cosine * right);
        between(digit, from).round() as u8
    })
}

/// The value at a place between four pixels.
fn between(digit: &Digit, (row, column): (f64, f64)) -> f64 {
    let (top, left) = (row.floor(), column.floor());
    let (below, beside) = (row - top, column - left);
    let pixel = |row: f64, column: f64| {
        let inside = |at: f64| (0.0..DIGIT_SIDE as f64).contains(&at);
        if inside(row) && inside(column) {
            f64::from(digit[row as usize * DIGIT_SIDE + column as usize])
        } else {
            0.0
        }
    };
    let along = |row: f64| (1.0 - beside) * pixel(row, left) + beside * pixel(row, left + 1.0);
    (1.0 - below) * along(top) + below * along(top + 1.0)
}

#[cfg(test)]
mod tests {
    use autoencoder_core::Seed;

    use super::*;

    fn digit() -> Digit {
        std::array::from_fn(|pixel| (pixel * 7 % 251) as u8)
    }

    #[test]
    fn a_quarter_turn_moves_rows_to_columns_and_no_turn_moves_nothing() {
        let digit = digit();
        assert_eq!(turned(&digit, 0.0), digit);
        let quarter = turned(&digit, TAU / 4.0);
        for row in 0..DIGIT_SIDE {
            for column in 0..DIGIT_SIDE {
                let from = digit[column * DIGIT_SIDE + DIGIT_SIDE - 1 - row];
                assert_eq!(quarter[row * DIGIT_SIDE + column], from, "{row} {column}");
            }
        }
    }

    #[test]
    fn a_turn_keeps_the_ink_in_the_middle() {
        let mut digit = [0; DIGIT_SIDE * DIGIT_SIDE];
        for row in 10..18 {
            digit[row * DIGIT_SIDE + 10..row * DIGIT_SIDE + 18].fill(200);
        }
        let ink = |digit: &Digit| digit.iter().map(|&pixel| f64::from(pixel)).sum::<f64>();
        for seed in 0..20 {
            let angle = Seed::new(seed).rng().random_range(0.0..TAU);
            assert!((ink(&turned(&digit, angle)) / ink(&digit) - 1.0).abs() < 0.05, "{angle}");
        }
    }
}
