//! `ae denoise` of newly corrupted test examples.

use autoencoder_core::Seed;
use autoencoder_datasets::Matrix;
use serde::Serialize;

use crate::config::run::RunConfig;
use crate::data::corrupted::corrupt;
use crate::error::Error;
use crate::run::open::Run;

/// What denoising did to newly corrupted test examples. Errors are against the clean examples, in
/// scaled units, summed over features and averaged over examples.
#[derive(Clone, Debug, Serialize)]
pub struct Denoising {
    /// The corruption as the configuration names it.
    pub corruption: &'static str,
    /// How many examples were corrupted.
    pub examples: usize,
    /// Squared error of the corrupted examples.
    pub corrupted_squared_error_per_example: f64,
    /// Squared error of their reconstructions.
    pub denoised_squared_error_per_example: f64,
    /// The second over the first.
    pub ratio: f64,
}

impl Run {
    /// `ae denoise` without a file: corrupts the test part of the run's data anew, with `config`'s
    /// corruption and a seed the training never used, and denoises it.
    ///
    /// # Errors
    /// [`Error::NoCorruption`] where the configuration has none; what the data say.
    pub fn denoise_test(&self, config: &RunConfig, seed: u64) -> Result<Denoising, Error> {
        let trained = self.trained();
        let corruption = config.corruption.as_ref().ok_or(Error::NoCorruption)?.build();
        let parts = self.parts()?;
        let clean = parts.test.read(0..parts.test.len())?;
        let features = parts.shape.features();
        let rows = clean.len() / features;
        let noisy = corrupt(
            corruption.as_ref(),
            &clean,
            features,
            Seed::new(seed).stream("denoise"),
            &trained.device,
        );
        let source = Matrix::new(parts.shape, noisy.clone());
        let denoised = trained.reconstruct_scaled(&source)?;
        let error = |values: &[f32]| squared_error(values, &clean) / rows as f64;
        let (corrupted, denoised) = (error(&noisy), error(&denoised));
        Ok(Denoising {
            corruption: corruption.name(),
            examples: rows,
            corrupted_squared_error_per_example: corrupted,
            denoised_squared_error_per_example: denoised,
            ratio: denoised / corrupted,
        })
    }
}

fn squared_error(values: &[f32], clean: &[f32]) -> f64 {
    values.iter().zip(clean).map(|(value, clean)| f64::from(value - clean).powi(2)).sum()
}
