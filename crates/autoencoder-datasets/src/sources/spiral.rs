//! A spiral in the plane: a manifold of one dimension in two, small enough to draw.

use std::f64::consts::TAU;

use autoencoder_core::{ExampleShape, Seed};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

use super::{Sizes, procedural};
use crate::{DataSet, DatasetError, Matrix, Request};

const SIZES: Sizes = Sizes { train: 4_000, test: 1_000 };
/// The standard deviation of the noise on each coordinate.
const NOISE: f64 = 0.01;
/// How often it winds.
const TURNS: f64 = 2.0;
/// The radius at the inner and at the outer end.
const RADII: (f64, f64) = (0.2, 1.0);
/// The spiral is cut into that many labelled pieces.
const LABELS: f64 = 6.0;

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    Ok(procedural("spiral", SIZES, &request, |count, seed| {
        let points = (0..count).map(|row| point(seed.at(row as u64)));
        let (values, labels): (Vec<[f32; 2]>, Vec<i64>) = points.unzip();
        Matrix::new(ExampleShape::Flat(2), values.into_iter().flatten().collect()).with_labels(labels)
    }))
}

/// A point at a share `s` of the radius, drawn so that points are as dense outside as inside.
fn point(seed: Seed) -> ([f32; 2], i64) {
    let mut rng = seed.rng();
    let (inner, outer) = RADII;
    // The length of the curve grows with the square of the radius.
    let radius = (inner * inner + (outer * outer - inner * inner) * rng.random::<f64>()).sqrt();
    let share = (radius - inner) / (outer - inner);
    let angle = TAU * TURNS * share;
    let noisy = [radius * angle.cos(), radius * angle.sin()].map(|value| {
        let noise: f64 = StandardNormal.sample(&mut rng);
        (value + NOISE * noise) as f32
    });
    (noisy, (share * LABELS).min(LABELS - 1.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_within_the_noise_of_the_spiral() {
        for seed in 0..300 {
            let ([x, y], _) = point(Seed::new(seed));
            let radius = f64::from(x).hypot(f64::from(y));
            let share = (radius - RADII.0) / (RADII.1 - RADII.0);
            let turns = TURNS * share - f64::from(y).atan2(f64::from(x)) / TAU;
            assert!((turns - turns.round()).abs() < 0.15, "{turns}");
        }
    }
}
