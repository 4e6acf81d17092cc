//! Pictures of parts, made on the spot: a woven texture or a toothed ring, good ones to learn from, and for the test good ones
//! and six kinds of defects, each with a mask of where it is. Square colour pictures of any side (`data.shape`).

use std::f64::consts::{PI, TAU};
use std::sync::Arc;

use autoencoder_core::{ExampleShape, Seed};
use rand::RngExt;
use rayon::prelude::*;

use super::Sizes;
use crate::{DataSet, DatasetError, Matrix, Request};

/// Rows and columns unless told otherwise.
const SIDE: usize = 64;
const SIZES: Sizes = Sizes { train: 150, test: 210 };
/// The classes, by label: what is learned from is good.
const CLASSES: [&str; 7] = ["good", "scratch", "spot", "stain", "crack", "shifted", "fibre"];

/// A picture in red, green and blue, channel by channel, its class, and where in it the defect is.
struct Part {
    pixels: Vec<u8>,
    class: usize,
    mask: Vec<u8>,
}

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    let side = match request.shape {
        None => SIDE,
        Some([3, height, width]) if height == width && height >= 16 => height,
        Some(shape) => {
            let found = ExampleShape::Image { channels: 3, height: SIDE, width: SIDE };
            return Err(DatasetError::BadShape { name: "parts".to_owned(), shape, found });
        }
    };
    let count = request.examples.unwrap_or(SIZES.train);
    let seed = request.seed;
    let train = make(count, |row| part(side, 0, seed.stream("train").at(row as u64)));
    // A class after the other, so that any number of them holds all.
    let test = make(SIZES.test, |row| part(side, row % CLASSES.len(), seed.stream("test").at(row as u64)));
    let image = |channels| ExampleShape::Image { channels, height: side, width: side };
    let matrix = |parts: &[Part]| {
        let pixels = parts.iter().flat_map(|part| part.pixels.iter().copied()).collect();
        let labels = parts.iter().map(|part| part.class as i64).collect();
        Arc::new(Matrix::from_bytes(image(3), pixels).with_labels(labels))
    };
    let masks =
        Matrix::from_bytes(image(1), test.iter().flat_map(|part| part.mask.iter().copied()).collect());
    Ok(DataSet {
        name: "parts".to_owned(),
        train: matrix(&train),
        test: Some(matrix(&test)),
        test_masks: Some(Arc::new(masks)),
        file: None,
        columns: None,
        names_of_classes: CLASSES.map(str::to_owned).to_vec(),
        left_out: Vec::new(),
    })
}

fn make(count: usize, part: impl Fn(usize) -> Part + Sync + Send) -> Vec<Part> {
    (0..count).into_par_iter().map(part).collect()
}

fn part(side: usize, class: usize, seed: Seed) -> Part {
    let mut rng = seed.rng();
    let surface = Surface::draw(&mut rng);
    let defect = (class > 0).then(|| Defect::draw(class, &surface, &mut rng));
    let noise = 0.012;
    let mut pixels = vec![0; 3 * side * side];
    let mut mask = vec![0; side * side];
    for row in 0..side {
        for column in 0..side {
            let at = [(column as f64 + 0.5) / side as f64, (row as f64 + 0.5) / side as f64];
            let (colour, is_defect) = match &defect {
                Some(defect) => defect.colour(&surface, at),
                None => (surface.colour(at), false),
            };
            let place = row * side + column;
            mask[place] = if is_defect { 255 } else { 0 };
            for (channel, value) in colour.into_iter().enumerate() {
                let grain = noise * (rng.random::<f64>() + rng.random::<f64>() - 1.0) * 2.4;
                pixels[channel * side * side + place] =
                    (255.0 * (value + grain).clamp(0.0, 1.0)).round() as u8;
            }
        }
    }
    Part { pixels, class, mask }
}

/// What a part looks like where nothing is wrong: half are woven, half toothed rings.
enum Surface {
    Weave { phase: [f64; 2], angle: f64, light: f64 },
    Ring { centre: [f64; 2], turned: f64, light: f64 },
}

impl Surface {
    fn draw(rng: &mut impl RngExt) -> Self {
        let light = rng.random_range(0.94..1.06);
        let mut between = |low: f64, high: f64| rng.random_range(low..high);
        if between(0.0, 1.0) < 0.5 {
            Self::Weave { phase: [between(0.0, TAU), between(0.0, TAU)], angle: between(-0.05, 0.05), light }
        } else {
            let centre = [between(0.47, 0.53), between(0.47, 0.53)];
            Self::Ring { centre, turned: between(0.0, TAU), light }
        }
    }

    fn colour(&self, [x, y]: [f64; 2]) -> [f64; 3] {
        match self {
            Self::Weave { phase, angle, light } => {
                let (u, v) = (x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin());
                let thread = (TAU * 8.0 * u + phase[0]).sin() * (TAU * 8.0 * v + phase[1]).cos();
                [0.55, 0.45, 0.35].map(|base| light * (base + 0.15 * thread))
            }
            Self::Ring { centre, light, .. } => {
                let shade = 0.62 + 0.12 * (x - centre[0]) - 0.1 * (y - centre[1]);
                let metal = [shade, shade - 0.03, shade - 0.1];
                let background = [0.15, 0.2, 0.25];
                let on = self.is_on([x, y]);
                [0, 1, 2].map(|channel| light * if on { metal[channel] } else { background[channel] })
            }
        }
    }

    /// Whether a point is on the part.
    fn is_on(&self, [x, y]: [f64; 2]) -> bool {
        match self {
            Self::Weave { .. } => true,
            Self::Ring { centre, turned, .. } => {
                let (dx, dy) = (x - centre[0], y - centre[1]);
                let (radius, angle) = (dx.hypot(dy), dy.atan2(dx) + turned);
                radius > 0.14 && radius < 0.37 + 0.02 * (8.0 * angle).cos()
            }
        }
    }
}

/// One thing that is wrong, around a point on the part.
struct Defect {
    class: usize,
    centre: [f64; 2],
    angle: f64,
    size: f64,
}

impl Defect {
    fn draw(class: usize, surface: &Surface, rng: &mut impl RngExt) -> Self {
        let centre = loop {
            let centre = [rng.random_range(0.15..0.85), rng.random_range(0.15..0.85)];
            if surface.is_on(centre) {
                break centre;
            }
        };
        Self { class, centre, angle: rng.random_range(0.0..PI), size: rng.random_range(0.7..1.3) }
    }

    /// The colour of a point, and whether it is one of the defect's.
    fn colour(&self, surface: &Surface, at: [f64; 2]) -> ([f64; 3], bool) {
        let (dx, dy) = (at[0] - self.centre[0], at[1] - self.centre[1]);
        let (along, across) =
            (dx * self.angle.cos() + dy * self.angle.sin(), dy * self.angle.cos() - dx * self.angle.sin());
        let (distance, size) = (dx.hypot(dy), self.size);
        let good = surface.colour(at);
        let (is_there, colour) = match CLASSES[self.class] {
            "scratch" => {
                (along.abs() < 0.16 * size && across.abs() < 0.014, good.map(|value| 0.4 * value + 0.5))
            }
            "spot" => (distance < 0.05 * size, good.map(|value| 0.35 * value)),
            "stain" => {
                let [r, g, b] = good;
                (distance < 0.08 * size, [0.7 * r + 0.25, 0.75 * g, 0.7 * b])
            }
            "crack" => {
                let bent = across - 0.025 * (40.0 * along).sin();
                (along.abs() < 0.18 * size && bent.abs() < 0.012, [0.08; 3])
            }
            "shifted" => {
                let from = [at[0] + 0.06 * self.angle.cos(), at[1] + 0.06 * self.angle.sin()];
                let is_there = along.abs() < 0.1 * size && across.abs() < 0.1 * size;
                (is_there, surface.colour(from).map(|value| 0.85 * value))
            }
            _ => {
                let ring = (distance - 0.09 * size).abs() < 0.012;
                (ring && along > -0.05, [0.2, 0.3, 0.75])
            }
        };
        if is_there { (colour, true) } else { (good, false) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_changes_the_picture_where_its_mask_is_and_nowhere_else() {
        for (class, name) in CLASSES.iter().enumerate().skip(1) {
            let mut seen = 0;
            for row in 0..12 {
                let seed = Seed::new(3).at(row);
                let (good, bad) = (part(48, 0, seed), part(48, class, seed));
                // The same surface, other grain: what is far apart was changed.
                let apart = |place: usize| {
                    let of = |channel: usize| {
                        let at = channel * 48 * 48 + place;
                        f64::from(good.pixels[at]) - f64::from(bad.pixels[at])
                    };
                    (0..3).map(|channel| of(channel).abs()).fold(0.0, f64::max)
                };
                let outside =
                    (0..48 * 48).filter(|place| bad.mask[*place] == 0).map(apart).fold(0.0, f64::max);
                let inside: Vec<f64> = (0..48 * 48).filter(|place| bad.mask[*place] > 0).map(apart).collect();
                assert!(outside < 20.0, "{name}: {outside}");
                seen += usize::from(inside.iter().copied().fold(0.0, f64::max) > 25.0);
                assert!(good.mask.iter().all(|value| *value == 0));
            }
            assert!(seen >= 11, "{name}: seen in {seen} of 12");
        }
    }
}
