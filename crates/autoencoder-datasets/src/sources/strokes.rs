//! Strokes: digits as a hand would write them, drawn from skeletons and needing no file.
//!
//! A digit is one of a few skeletons: pen strokes through control points. The points are jittered,
//! joined by Catmull-Rom splines, slanted, turned, stretched, bent by a smooth elastic field, and drawn
//! with a pen whose width and darkness vary, so that no two digits are alike.

use std::f32::consts::TAU;

use autoencoder_core::Seed;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use super::{Sizes, pictures, procedural};
use crate::{DataSet, DatasetError, Request};

const SIDE: usize = 28;
const SIZES: Sizes = Sizes { train: 20_000, test: 2_000 };
/// The height of an average digit in pixels.
const HEIGHT: f32 = 19.0;

type Point = [f32; 2];
/// A pen stroke, in a box from (0, 0) at the top left to (1, 1).
type Stroke = &'static [Point];

/// The skeletons of each digit: strokes that meet in a point make a corner there.
const SKELETONS: [&[&[Stroke]]; 10] = [
    &[
        &[&[
            [0.60, 0.06],
            [0.36, 0.12],
            [0.20, 0.40],
            [0.24, 0.75],
            [0.46, 0.95],
            [0.70, 0.82],
            [0.80, 0.50],
            [0.72, 0.20],
            [0.52, 0.07],
        ]],
        &[&[
            [0.48, 0.04],
            [0.26, 0.22],
            [0.20, 0.55],
            [0.34, 0.90],
            [0.62, 0.93],
            [0.80, 0.62],
            [0.76, 0.28],
            [0.56, 0.06],
            [0.40, 0.10],
        ]],
    ],
    &[
        &[&[[0.52, 0.04], [0.51, 0.35], [0.49, 0.65], [0.48, 0.96]]],
        &[&[[0.34, 0.24], [0.46, 0.14], [0.54, 0.04]], &[[0.54, 0.04], [0.53, 0.50], [0.51, 0.96]]],
        &[
            &[[0.36, 0.22], [0.47, 0.13], [0.53, 0.04]],
            &[[0.53, 0.04], [0.52, 0.50], [0.51, 0.95]],
            &[[0.32, 0.95], [0.52, 0.94], [0.70, 0.95]],
        ],
    ],
    &[
        &[
            &[
                [0.22, 0.26],
                [0.36, 0.08],
                [0.60, 0.07],
                [0.74, 0.25],
                [0.64, 0.50],
                [0.42, 0.74],
                [0.18, 0.94],
            ],
            &[[0.18, 0.94], [0.48, 0.91], [0.82, 0.93]],
        ],
        &[&[
            [0.24, 0.22],
            [0.42, 0.06],
            [0.66, 0.12],
            [0.72, 0.34],
            [0.54, 0.64],
            [0.30, 0.90],
            [0.20, 0.84],
            [0.32, 0.76],
            [0.52, 0.88],
            [0.70, 0.95],
            [0.84, 0.88],
        ]],
    ],
    &[
        &[
            &[[0.24, 0.16], [0.46, 0.05], [0.70, 0.14], [0.68, 0.36], [0.42, 0.47]],
            &[[0.42, 0.47], [0.70, 0.54], [0.78, 0.76], [0.58, 0.94], [0.34, 0.93], [0.20, 0.82]],
        ],
        &[
            &[[0.26, 0.08], [0.50, 0.08], [0.74, 0.08]],
            &[[0.74, 0.08], [0.58, 0.26], [0.46, 0.42]],
            &[[0.46, 0.42], [0.72, 0.50], [0.76, 0.76], [0.52, 0.95], [0.24, 0.88]],
        ],
    ],
    &[
        &[
            &[[0.34, 0.06], [0.28, 0.28], [0.18, 0.54]],
            &[[0.18, 0.54], [0.46, 0.56], [0.84, 0.52]],
            &[[0.70, 0.14], [0.66, 0.50], [0.62, 0.97]],
        ],
        &[
            &[[0.64, 0.05], [0.42, 0.32], [0.16, 0.62]],
            &[[0.16, 0.62], [0.48, 0.62], [0.86, 0.61]],
            &[[0.64, 0.05], [0.63, 0.50], [0.61, 0.97]],
        ],
    ],
    &[
        &[
            &[[0.76, 0.07], [0.56, 0.08], [0.36, 0.08]],
            &[[0.36, 0.08], [0.32, 0.26], [0.28, 0.44]],
            &[
                [0.28, 0.44],
                [0.50, 0.36],
                [0.72, 0.48],
                [0.76, 0.70],
                [0.58, 0.92],
                [0.36, 0.94],
                [0.20, 0.84],
            ],
        ],
        &[
            &[
                [0.38, 0.10],
                [0.34, 0.28],
                [0.31, 0.42],
                [0.52, 0.42],
                [0.72, 0.56],
                [0.70, 0.80],
                [0.48, 0.95],
                [0.22, 0.90],
            ],
            &[[0.38, 0.10], [0.58, 0.09], [0.78, 0.05]],
        ],
    ],
    &[
        &[&[
            [0.64, 0.04],
            [0.44, 0.18],
            [0.28, 0.44],
            [0.24, 0.72],
            [0.38, 0.94],
            [0.62, 0.92],
            [0.74, 0.74],
            [0.64, 0.56],
            [0.44, 0.56],
            [0.27, 0.72],
        ]],
        &[&[
            [0.50, 0.03],
            [0.34, 0.28],
            [0.24, 0.60],
            [0.32, 0.88],
            [0.54, 0.96],
            [0.74, 0.80],
            [0.68, 0.60],
            [0.48, 0.54],
            [0.30, 0.66],
        ]],
    ],
    &[
        &[
            &[[0.18, 0.12], [0.46, 0.11], [0.80, 0.08]],
            &[[0.80, 0.08], [0.62, 0.40], [0.50, 0.66], [0.42, 0.97]],
        ],
        &[
            &[[0.20, 0.20], [0.26, 0.10], [0.50, 0.11], [0.80, 0.09]],
            &[[0.80, 0.09], [0.64, 0.44], [0.48, 0.97]],
            &[[0.38, 0.52], [0.56, 0.50], [0.76, 0.48]],
        ],
    ],
    &[
        &[&[
            [0.70, 0.18],
            [0.52, 0.05],
            [0.32, 0.14],
            [0.34, 0.34],
            [0.56, 0.48],
            [0.74, 0.68],
            [0.66, 0.90],
            [0.42, 0.95],
            [0.26, 0.78],
            [0.38, 0.56],
            [0.62, 0.38],
            [0.70, 0.18],
        ]],
        &[&[
            [0.50, 0.48],
            [0.32, 0.34],
            [0.34, 0.12],
            [0.56, 0.05],
            [0.70, 0.22],
            [0.58, 0.42],
            [0.36, 0.58],
            [0.26, 0.80],
            [0.44, 0.96],
            [0.68, 0.88],
            [0.70, 0.66],
            [0.50, 0.48],
        ]],
    ],
    &[
        &[&[
            [0.72, 0.22],
            [0.56, 0.06],
            [0.34, 0.14],
            [0.28, 0.36],
            [0.44, 0.50],
            [0.64, 0.40],
            [0.73, 0.20],
            [0.72, 0.54],
            [0.66, 0.97],
        ]],
        &[&[
            [0.70, 0.16],
            [0.50, 0.05],
            [0.30, 0.20],
            [0.32, 0.44],
            [0.54, 0.48],
            [0.72, 0.28],
            [0.74, 0.14],
            [0.70, 0.48],
            [0.60, 0.78],
            [0.40, 0.95],
        ]],
    ],
];

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    Ok(procedural("strokes", SIZES, &request, |count, seed| pictures(SIDE, count, seed, example)))
}

/// One picture and the digit on it.
fn example(seed: Seed) -> ([u8; SIDE * SIDE], i64) {
    let mut rng = seed.rng();
    let digit = rng.random_range(0..SKELETONS.len());
    let variants = SKELETONS[digit];
    let skeleton = variants[rng.random_range(0..variants.len())];
    let hand = Hand::new(&mut rng);
    let strokes: Vec<Vec<Point>> = skeleton.iter().map(|stroke| hand.trace(stroke, &mut rng)).collect();
    let pen = Pen::new(&mut rng);
    (pen.draw(&centred(strokes, &mut rng)), digit as i64)
}

/// How one digit is written: everything that happens to its points.
struct Hand {
    /// The linear map from the box to pixels, row by row.
    map: [[f32; 2]; 2],
    /// Waves that bend the picture: displaced axis, amplitude in pixels, frequency, phase.
    waves: [(usize, f32, Point, f32); 4],
    jitter: f32,
    /// Where the first point moves: corners that strokes share must stay shared.
    corner_seed: u64,
}

impl Hand {
    fn new(rng: &mut impl Rng) -> Self {
        let height = HEIGHT * (1.0 + 0.07 * normal(rng)).clamp(0.8, 1.15);
        let width = height * (0.98 + 0.13 * normal(rng)).clamp(0.65, 1.3);
        let slant = (0.18 + 0.22 * normal(rng)).clamp(-0.35, 0.75);
        let (sin, cos) = (0.09 * normal(rng)).clamp(-0.3, 0.3).sin_cos();
        // Stretch, slant (the top to the right: y points down), turn.
        let stretched = [[width, -slant * height], [0.0, height]];
        let map = [
            [cos * stretched[0][0], cos * stretched[0][1] - sin * stretched[1][1]],
            [sin * stretched[0][0], sin * stretched[0][1] + cos * stretched[1][1]],
        ];
        let waves = std::array::from_fn(|wave| {
            let frequency = [0.9 * normal(rng), 0.9 * normal(rng)];
            (wave % 2, 0.55 * normal(rng), frequency, TAU * rng.random::<f32>())
        });
        Self { map, waves, jitter: 0.022, corner_seed: rng.random() }
    }

    /// The path of the pen through a stroke, in pixels around (0, 0).
    fn trace(&self, stroke: &[Point], rng: &mut impl Rng) -> Vec<Point> {
        let last = stroke.len() - 1;
        let points: Vec<Point> = stroke
            .iter()
            .enumerate()
            .map(|(index, point)| {
                if index == 0 || index == last {
                    self.moved(*point, &mut self.corner(*point))
                } else {
                    self.moved(*point, rng)
                }
            })
            .collect();
        spline(&points).into_iter().map(|point| self.place(point)).collect()
    }

    /// The random numbers of an end point, the same for every stroke that ends there.
    fn corner(&self, [x, y]: Point) -> impl Rng + use<> {
        Seed::new(self.corner_seed).at(u64::from(x.to_bits())).at(u64::from(y.to_bits())).rng()
    }

    fn moved(&self, point: Point, rng: &mut impl Rng) -> Point {
        point.map(|coordinate| coordinate + self.jitter * normal(rng))
    }

    fn place(&self, [x, y]: Point) -> Point {
        let (x, y) = (x - 0.5, y - 0.5);
        let mut placed = self.map.map(|row| row[0] * x + row[1] * y);
        for (axis, amplitude, frequency, phase) in self.waves {
            placed[axis] += amplitude * (TAU * (frequency[0] * x + frequency[1] * y) + phase).sin();
        }
        placed
    }
}

/// Points of the Catmull-Rom spline through `points`, close enough to draw as dots.
fn spline(points: &[Point]) -> Vec<Point> {
    const STEPS: usize = 14;
    let last = points.len() - 1;
    let mut path = Vec::with_capacity(last * STEPS + 1);
    for segment in 0..last {
        let [before, from, to, after] =
            [segment.saturating_sub(1), segment, segment + 1, (segment + 2).min(last)]
                .map(|index| points[index]);
        for step in 0..STEPS {
            let t = step as f32 / STEPS as f32;
            path.push(std::array::from_fn(|axis| {
                let (a, b, c, d) = (before[axis], from[axis], to[axis], after[axis]);
                0.5 * (2.0 * b
                    + (c - a) * t
                    + (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                    + (3.0 * b - a - 3.0 * c + d) * t * t * t)
            }));
        }
    }
    path.push(points[last]);
    path
}

/// Moves the strokes so that their middle is near the middle of the picture, a little off.
fn centred(mut strokes: Vec<Vec<Point>>, rng: &mut impl Rng) -> Vec<Vec<Point>> {
    for axis in 0..2 {
        let values = || strokes.iter().flatten().map(|point| point[axis]);
        let (low, high) =
            (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max));
        let shift = SIDE as f32 / 2.0 - (low + high) / 2.0 + (0.6 * normal(rng)).clamp(-1.5, 1.5);
        strokes.iter_mut().flatten().for_each(|point| point[axis] += shift);
    }
    strokes
}

/// What the strokes are drawn with.
struct Pen {
    radius: f32,
    /// How the radius swells along a stroke: amplitude, frequency, phase.
    swell: (f32, f32, f32),
    darkness: f32,
}

impl Pen {
    fn new(rng: &mut impl Rng) -> Self {
        Self {
            radius: (1.2 + 0.28 * normal(rng)).clamp(0.75, 2.0),
            swell: (0.16 * rng.random::<f32>(), 0.5 + rng.random::<f32>(), TAU * rng.random::<f32>()),
            darkness: 225.0 + 30.0 * rng.random::<f32>(),
        }
    }

    /// The picture, its edges softened over a pixel.
    fn draw(&self, strokes: &[Vec<Point>]) -> [u8; SIDE * SIDE] {
        let mut ink = [0.0_f32; SIDE * SIDE];
        for stroke in strokes {
            for (index, &point) in stroke.iter().enumerate() {
                let (amplitude, frequency, phase) = self.swell;
                let along = index as f32 / stroke.len() as f32;
                let radius = self.radius * (1.0 + amplitude * (TAU * frequency * along + phase).sin());
                dot(&mut ink, point, radius);
            }
        }
        ink.map(|ink| (self.darkness * ink).round() as u8)
    }
}

/// A dot of ink: full inside the radius, none a pixel outside of it.
fn dot(ink: &mut [f32; SIDE * SIDE], [x, y]: Point, radius: f32) {
    let reach = |centre: f32| {
        let low = (centre - radius - 1.0).floor().clamp(0.0, SIDE as f32) as usize;
        low..((centre + radius + 1.0).ceil().clamp(0.0, SIDE as f32) as usize)
    };
    for row in reach(y) {
        for column in reach(x) {
            // A pixel's middle is half a pixel from its corner.
            let distance = (column as f32 + 0.5 - x).hypot(row as f32 + 0.5 - y);
            let coverage = (radius + 0.5 - distance).clamp(0.0, 1.0);
            let pixel = &mut ink[row * SIDE + column];
            *pixel = pixel.max(coverage);
        }
    }
}

fn normal(rng: &mut impl Rng) -> f32 {
    StandardNormal.sample(rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_is_a_function_of_its_seed_and_of_nothing_else() {
        let pictures: std::collections::HashSet<[u8; SIDE * SIDE]> = (0..200)
            .map(|seed| {
                let first = example(Seed::new(seed));
                assert_eq!(first, example(Seed::new(seed)));
                first.0
            })
            .collect();
        assert_eq!(pictures.len(), 200);
    }

    #[test]
    fn all_ten_digits_come_about_equally_often() {
        let mut counts = [0_usize; 10];
        (0..2_000).for_each(|seed| counts[example(Seed::new(seed)).1 as usize] += 1);
        // Five standard deviations of a binomial count around 200.
        assert!(counts.iter().all(|&count| count.abs_diff(200) < 67), "{counts:?}");
    }

    #[test]
    fn a_digit_is_a_moderate_amount_of_ink_away_from_the_border() {
        for seed in 0..500 {
            let (pixels, digit) = example(Seed::new(seed));
            let ink = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).sum::<f32>();
            assert!((15.0..260.0).contains(&ink), "{digit} {ink}");
            let border = (0..SIDE).flat_map(|i| [i, (SIDE - 1) * SIDE + i, i * SIDE, i * SIDE + SIDE - 1]);
            let on_border = border.map(|pixel| f32::from(pixels[pixel]) / 255.0).sum::<f32>();
            assert!(on_border < 0.12 * ink, "{digit} {on_border}");
        }
    }

    #[test]
    fn strokes_that_meet_in_a_corner_still_meet_when_written() {
        for seed in 0..50 {
            let mut rng = Seed::new(seed).rng();
            let hand = Hand::new(&mut rng);
            let seven = SKELETONS[7][0];
            let strokes: Vec<Vec<Point>> = seven.iter().map(|stroke| hand.trace(stroke, &mut rng)).collect();
            assert_eq!(strokes[0].last(), strokes[1].first());
        }
    }
}
