//! Rows in memory with noise.

use autoencoder_core::{Corruption, Seed};
use burn::tensor::{Device, Tensor, TensorData};

/// `values` corrupted, both `[rows, features]` row by row.
pub(crate) fn corrupt(
    corruption: &dyn Corruption,
    values: &[f32],
    features: usize,
    seed: Seed,
    device: &Device,
) -> Vec<f32> {
    let clean = TensorData::new(values.to_vec(), [values.len() / features, features]);
    let noisy = corruption.corrupt(Tensor::from_data(clean, device), seed);
    noisy.into_data().iter::<f32>().collect()
}
