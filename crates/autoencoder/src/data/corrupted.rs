//! Rows in memory, and the same with noise.

use autoencoder_core::{Corruption, Seed, Source};
use burn::tensor::{Device, Tensor, TensorData};

use crate::error::Error;

/// All rows of a source, one after the other.
pub(crate) fn read(source: &dyn Source) -> Result<Vec<f32>, Error> {
    let mut values = vec![0.0; source.len() * source.shape().features()];
    let index: Vec<usize> = (0..source.len()).collect();
    source.rows(&index, &mut values)?;
    Ok(values)
}

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
