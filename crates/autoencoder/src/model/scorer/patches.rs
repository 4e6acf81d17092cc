//! Patches of pictures at a few sizes, and how far they are from those that have been seen as normal: a memory of patches as
//! in PatchCore (Roth et al. 2022), whose features are principal components of the patches themselves.

use std::sync::{Arc, OnceLock};

use autoencoder_core::{ExampleShape, Source};
use autoencoder_datasets::Matrix;
use autoencoder_eval::{Neighbour, Neighbours, quantile};
use autoencoder_models::Pca;
use burn::tensor::Device;
use rayon::prelude::*;

use crate::config::defaults::LARGE;
use crate::data::parts::Parts;
use crate::error::Error;

/// The sides, in pixels, that a picture is made smaller to, about.
const SIDES: [usize; 3] = [32, 64, 128];
/// The side of a patch, in pixels of the smaller picture.
const SIDE: usize = 8;
/// The most patches that are remembered of each size.
const REMEMBERED: usize = 8192;
/// The most features of a patch.
const FEATURES: usize = 24;
/// A picture is as odd as so many of its oddest patches.
const ODDEST: usize = 5;
/// The nearest others that say how far apart patches lie.
const APART: usize = 3;
/// The least variance of a patch's feature that counts, of pixels in [0, 1].
const LEAST_VARIANCE: f64 = 1e-4;

/// Patches of one size.
pub(crate) struct Patches {
    /// How many times smaller pictures are made.
    factor: usize,
    shape: [usize; 3],
    pca: Pca,
    /// Features of patches that have been seen, `[patches, features]`.
    bank: Vec<f32>,
    device: Device,
    known: OnceLock<Known>,
}

/// What is known of patches that have been seen.
struct Known {
    neighbours: Neighbours,
    /// How far each lies from its nearest others, and what that is for most.
    apart: Vec<f64>,
    usual: f64,
}

impl std::fmt::Debug for Patches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Patches(1/{} of {:?})", self.factor, self.shape)
    }
}

/// A picture that has been made smaller, channel by channel and row by row.
struct Small {
    values: Vec<f32>,
    shape: [usize; 3],
}

impl Patches {
    /// How many times smaller pictures of that shape are made, once for each size of patches; none of what is no picture or a small one.
    pub(crate) fn factors(shape: ExampleShape) -> Vec<usize> {
        let ExampleShape::Image { height, width, .. } = shape else { return Vec::new() };
        let side = height.min(width);
        if side < LARGE {
            return Vec::new();
        }
        let mut factors: Vec<usize> =
            SIDES.map(|wanted| (side as f64 / wanted as f64).round() as usize).to_vec();
        factors.retain(|factor| *factor > 0);
        factors.dedup();
        factors.retain(|factor| side / factor >= SIDE);
        factors
    }

    /// Learns the patches of the training part's pictures, in scaled units.
    ///
    /// # Errors
    /// What reading says; a decomposition that there is not.
    pub(crate) fn fit(parts: &Parts, factor: usize, device: &Device) -> Result<Option<Self>, Error> {
        let ExampleShape::Image { channels, height, width } = parts.shape else { return Ok(None) };
        let shape = [channels, height, width];
        let of_each = REMEMBERED.div_ceil(parts.train.len().max(1));
        let mut patches = Vec::new();
        for row in 0..parts.train.len() {
            let picture = parts.train.read(row..row + 1)?;
            let small = Small::of(&picture, shape, factor);
            let places = small.places();
            let count = of_each.min(places.len());
            for index in 0..count {
                // Evenly spread, and elsewhere in each picture.
                let share = (index as f64 + (row as f64 * 0.618_034).fract()) / count as f64;
                let place = ((share * places.len() as f64) as usize).min(places.len() - 1);
                small.patch(places[place], &mut patches);
            }
        }
        let features = channels * SIDE * SIDE;
        let patches: Arc<dyn Source> = Arc::new(Matrix::new(ExampleShape::Flat(features), patches));
        let Ok(pca) = Pca::fit(&patches, FEATURES.min(features).min(patches.len())) else { return Ok(None) };
        let kept = patches.len().min(REMEMBERED);
        let rows = patches.read(0..kept)?;
        let bank = features_of(&pca, &rows);
        Ok(Some(Self { factor, shape, pca, bank, device: device.clone(), known: OnceLock::new() }))
    }

    /// What was written by [`Self::factor`], [`Self::pca`] and [`Self::bank`].
    pub(crate) fn of_numbers(
        factor: usize,
        shape: ExampleShape,
        pca: Pca,
        bank: Vec<f32>,
        device: &Device,
    ) -> Option<Self> {
        let ExampleShape::Image { channels, height, width } = shape else { return None };
        let shape = [channels, height, width];
        let fits = factor > 0 && pca.mean().len() == channels * SIDE * SIDE;
        fits.then(|| Self { factor, shape, pca, bank, device: device.clone(), known: OnceLock::new() })
    }

    pub(crate) fn factor(&self) -> usize {
        self.factor
    }

    pub(crate) fn pca(&self) -> &Pca {
        &self.pca
    }

    pub(crate) fn bank(&self) -> &[f32] {
        &self.bank
    }

    /// How odd each of `pictures` is, one after the other: the mean distance of its oddest patches to the nearest patch that
    /// has been seen, in units of how far those lie apart.
    pub(crate) fn distances(&self, pictures: &[f32]) -> Vec<f64> {
        let size = self.shape.iter().product();
        let of = |picture: &[f32]| {
            let (mut distances, _) = self.of_picture(picture);
            distances.sort_unstable_by(|a, b| b.total_cmp(a));
            let oddest = &distances[..ODDEST.min(distances.len())];
            oddest.iter().sum::<f64>() / oddest.len().max(1) as f64
        };
        pictures.chunks_exact(size).map(of).collect()
    }

    /// How odd each pixel of a picture is, `[height, width]`: the mean distance of the patches that it is in.
    pub(crate) fn map(&self, picture: &[f32]) -> Vec<f64> {
        let [_, height, width] = self.shape;
        let (distances, small) = self.of_picture(picture);
        let [_, rows, columns] = small.shape;
        let (mut sums, mut counts) = (vec![0.0; rows * columns], vec![0.0; rows * columns]);
        for ([top, left], distance) in small.places().into_iter().zip(distances) {
            for (row, column) in (top..top + SIDE).flat_map(|row| (left..left + SIDE).map(move |c| (row, c)))
            {
                sums[row * columns + column] += distance;
                counts[row * columns + column] += 1.0;
            }
        }
        let at = |row: usize, column: usize| {
            let place = (row / self.factor).min(rows - 1) * columns + (column / self.factor).min(columns - 1);
            sums[place] / f64::max(counts[place], 1.0)
        };
        (0..height)
            .flat_map(|row| (0..width).map(move |column| (row, column)))
            .map(|(r, c)| at(r, c))
            .collect()
    }

    fn of_picture(&self, picture: &[f32]) -> (Vec<f64>, Small) {
        let small = Small::of(picture, self.shape, self.factor);
        let mut patches = Vec::new();
        small.places().into_iter().for_each(|place| small.patch(place, &mut patches));
        let Known { neighbours, apart, usual } = self.known.get_or_init(|| self.known());
        let nearest = neighbours.nearest(&features_of(&self.pca, &patches), 1);
        // In units of how far patches of that kind lie apart: edges are more varied than surfaces.
        let relative = |nearest: &Vec<Neighbour>| {
            nearest.first().map_or(0.0, |(squared, row)| squared.sqrt() / (apart[*row] + usual))
        };
        (nearest.iter().map(relative).collect(), small)
    }

    fn known(&self) -> Known {
        let width = self.pca.explained_variance().len();
        let neighbours = Neighbours::new(self.bank.clone(), width, &self.device);
        let apart = neighbours.mean_distances(&self.bank, APART);
        let usual = quantile(&apart, 0.5).unwrap_or(0.0).max(f64::MIN_POSITIVE);
        Known { neighbours, apart, usual }
    }
}

/// The features of patches: their components, each less than its standard deviation apart by the root of it, so that fine
/// structure counts beside what varies most.
fn features_of(pca: &Pca, patches: &[f32]) -> Vec<f32> {
    let scales: Vec<f32> = pca
        .explained_variance()
        .iter()
        .map(|variance| (variance + LEAST_VARIANCE).powf(-0.25) as f32)
        .collect();
    let mut codes = pca.transform(patches);
    codes.par_chunks_mut(scales.len().max(1)).for_each(|code| {
        code.iter_mut().zip(&scales).for_each(|(value, scale)| *value *= scale);
    });
    codes
}

impl Small {
    /// The means of squares of `factor` by `factor` pixels; what does not fill one at the edges is left out.
    fn of(picture: &[f32], [channels, height, width]: [usize; 3], factor: usize) -> Self {
        let (rows, columns) = (height / factor, width / factor);
        let area = (factor * factor) as f32;
        let mean = |channel: usize, row: usize, column: usize| {
            let lines = (row * factor..(row + 1) * factor).map(|y| {
                let first = (channel * height + y) * width + column * factor;
                picture[first..first + factor].iter().sum::<f32>()
            });
            lines.sum::<f32>() / area
        };
        let mut values = Vec::with_capacity(channels * rows * columns);
        for channel in 0..channels {
            for row in 0..rows {
                values.extend((0..columns).map(|column| mean(channel, row, column)));
            }
        }
        Self { values, shape: [channels, rows, columns] }
    }

    /// Where patches begin: every other pixel of small pictures, every fourth of larger ones.
    fn places(&self) -> Vec<[usize; 2]> {
        let [_, rows, columns] = self.shape;
        let step = if rows.min(columns) <= SIDES[0] + SIDE { 2 } else { 4 };
        let tops = (0..=rows.saturating_sub(SIDE)).step_by(step);
        tops.flat_map(|top| (0..=columns.saturating_sub(SIDE)).step_by(step).map(move |left| [top, left]))
            .collect()
    }

    fn patch(&self, [top, left]: [usize; 2], out: &mut Vec<f32>) {
        let [channels, rows, columns] = self.shape;
        for channel in 0..channels {
            for row in top..top + SIDE {
                let first = (channel * rows + row) * columns + left;
                out.extend_from_slice(&self.values[first..first + SIDE]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_made_smaller_by_means_and_cut_into_patches() {
        let image = |height, width| ExampleShape::Image { channels: 3, height, width };
        assert_eq!(Patches::factors(image(64, 64)), [2, 1]);
        assert_eq!(Patches::factors(image(512, 600)), [16, 8, 4]);
        assert!(Patches::factors(image(28, 28)).is_empty());
        assert!(Patches::factors(ExampleShape::Flat(784)).is_empty());
        let picture: Vec<f32> = (0..2 * 16 * 20).map(|value| value as f32).collect();
        let small = Small::of(&picture, [2, 16, 20], 2);
        assert_eq!(small.shape, [2, 8, 10]);
        // Pixels 0, 1, 20 and 21 of the first channel.
        assert_eq!(small.values[0], 10.5);
        assert_eq!(small.places(), [[0, 0], [0, 2]]);
        let mut patch = Vec::new();
        small.patch([0, 2], &mut patch);
        assert_eq!((patch.len(), patch[0], patch[8]), (2 * 64, small.values[2], small.values[12]));
    }
}
