//! The swiss roll (Roweis and Saul 2000, Tenenbaum et al. 2000): a rolled-up sheet, a manifold of two
//! dimensions in three.

use std::f64::consts::PI;

use autoencoder_core::{ExampleShape, Seed};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::{Sizes, procedural};
use crate::{DataSet, DatasetError, Matrix, Request};

const SIZES: Sizes = Sizes { train: 4_000, test: 1_000 };
/// The standard deviation of the noise on each coordinate.
const NOISE: f64 = 0.1;
/// The width of the sheet.
const WIDTH: f64 = 21.0;
/// The roll is cut into that many labelled strips.
const LABELS: f64 = 6.0;

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    Ok(procedural("swiss-roll", SIZES, &request, |count, seed| {
        let points = (0..count).map(|row| point(seed.at(row as u64)));
        let (values, labels): (Vec<[f32; 3]>, Vec<i64>) = points.unzip();
        Matrix::new(ExampleShape::Flat(3), values.into_iter().flatten().collect()).with_labels(labels)
    }))
}

/// `(t cos t, height, t sin t)` with `t` from 1.5 to 4.5 half-turns, and the strip that `t` is in.
fn point(seed: Seed) -> ([f32; 3], i64) {
    let mut rng = seed.rng();
    let share: f64 = rng.random();
    let t = 1.5 * PI * (1.0 + 2.0 * share);
    let height = WIDTH * rng.random::<f64>();
    let coordinates = [t * t.cos(), height, t * t.sin()];
    let noisy = coordinates.map(|value| {
        let noise: f64 = StandardNormal.sample(&mut rng);
        (value + NOISE * noise) as f32
    });
    (noisy, (share * LABELS) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_within_the_noise_of_the_roll() {
        for seed in 0..300 {
            let ([x, y, z], label) = point(Seed::new(seed));
            let radius = f64::from(x).hypot(f64::from(z));
            assert!((1.5 * PI - 6.0 * NOISE..=4.5 * PI + 6.0 * NOISE).contains(&radius), "{radius}");
            assert!((-6.0 * NOISE..=WIDTH + 6.0 * NOISE).contains(&f64::from(y)), "{y}");
            // On the roll the radius is the angle, up to whole turns.
            let turns = (radius - f64::from(z).atan2(f64::from(x))) / (2.0 * PI);
            assert!((turns - turns.round()).abs() < 0.12, "{turns}");
            assert!((0..6).contains(&label));
        }
    }
}
