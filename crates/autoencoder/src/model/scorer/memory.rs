//! Rows that have been seen as normal, and how far others are from them.

use std::sync::OnceLock;

use autoencoder_core::DataError;
use autoencoder_eval::{FittedView, Neighbours, View};
use burn::tensor::Device;

use crate::data::parts::Parts;

/// The most rows that are kept: a score costs as many distances.
const MOST_ROWS: usize = 1 << 14;

/// A sample of the rows that a run has learned from, in scaled units.
pub(crate) struct Memory {
    /// `[rows, width]`.
    rows: Vec<f32>,
    width: usize,
    device: Device,
    views: [OnceLock<(FittedView, Neighbours)>; View::ALL.len()],
}

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Memory({} rows of {})", self.len(), self.width)
    }
}

impl Memory {
    pub(crate) fn new(rows: Vec<f32>, width: usize, device: &Device) -> Self {
        Self { rows, width, device: device.clone(), views: Default::default() }
    }

    /// The rows of the training and the validation part, as many as `most_numbers` hold: the split has put them in a random
    /// order, so the first are a sample.
    ///
    /// # Errors
    /// What reading says.
    pub(crate) fn sample(parts: &Parts, most_numbers: usize, device: &Device) -> Result<Self, DataError> {
        let width = parts.shape.features();
        let mut left = MOST_ROWS.min(most_numbers / width.max(1)).max(1);
        let mut rows = Vec::new();
        for part in [&parts.train, &parts.validation] {
            let count = left.min(part.len());
            rows.extend(part.read(0..count)?);
            left -= count;
        }
        Ok(Self::new(rows, width, device))
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len() / self.width.max(1)
    }

    pub(crate) fn width(&self) -> usize {
        self.width
    }

    pub(crate) fn rows(&self) -> &[f32] {
        &self.rows
    }

    /// The mean distance of each of `rows` to its `k` nearest, all of them seen in that way.
    pub(crate) fn distances(&self, view: View, rows: &[f32], k: usize) -> Vec<f64> {
        let (fitted, neighbours) = self.views[view as usize].get_or_init(|| {
            let fitted = view.fit(&self.rows, self.width);
            let seen = Neighbours::new(fitted.of(&self.rows), self.width, &self.device);
            (fitted, seen)
        });
        neighbours.mean_distances(&fitted.of(rows), k)
    }
}
