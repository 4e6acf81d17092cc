//! An estimate of the memory a training takes, before it takes it.

use autoencoder_core::ExampleShape;
use autoencoder_models::ModelConfig;

use crate::config::run::RunConfig;
use crate::error::Error;

/// Numbers kept for each weight: where it started, itself, its gradient, two moments of the optimiser, and on the way to a
/// checkpoint a copy of the weight and two of each moment.
const PER_WEIGHT: u64 = 10;
/// Numbers kept for each value that a layer puts out for an example of a batch: the value, and its gradient or what the next
/// layer's computation needs.
const PER_VALUE: u64 = 2;
/// The largest side of a matrix that PCA decomposes.
const MOST_DECOMPOSED: u64 = 3072;
/// The share of the free memory that a training may take.
const SHARE: f64 = 0.9;

/// The bytes that a training takes beside its data; refuses a model that a CPU's memory cannot hold while it is trained.
///
/// # Errors
/// [`Error::TooLarge`] with both numbers; those of the model's configuration.
pub(crate) fn check(config: &RunConfig, model: &ModelConfig, shape: ExampleShape) -> Result<u64, Error> {
    let of_part = config.train.batch_size.div_ceil(config.train.accumulation.max(1));
    let needed = estimate(model, shape, of_part)?;
    if !autoencoder_kernels::is_flex(&config.train.device.first()?) {
        return Ok(needed);
    }
    let available = autoencoder_datasets::available_memory();
    // A system that does not say has 0.
    if available > 0 && needed as f64 > SHARE * available as f64 {
        Err(Error::TooLarge { needed: words(needed), available: words(available) })
    } else {
        Ok(needed)
    }
}

/// Refuses so many rows of so many numbers, before any is made, where the memory cannot hold them.
///
/// # Errors
/// [`Error::TooMany`].
pub(crate) fn check_rows(what: &'static str, rows: usize, width: usize) -> Result<(), Error> {
    // The numbers, and the codes and tensors on their way to them.
    let needed = (rows as u64).saturating_mul(width as u64).saturating_mul(4 * size_of::<f32>() as u64);
    let available = autoencoder_datasets::available_memory();
    if available > 0 && needed as f64 > SHARE * available as f64 {
        Err(Error::TooMany { what, rows, needed: words(needed), available: words(available) })
    } else {
        Ok(())
    }
}

/// In bytes.
fn estimate(model: &ModelConfig, shape: ExampleShape, batch_size: usize) -> Result<u64, Error> {
    let cost = model.cost(shape)?;
    let weights = cost.weights.saturating_mul(PER_WEIGHT);
    let values = cost.values.saturating_mul(batch_size as u64).saturating_mul(PER_VALUE);
    let numbers = weights.saturating_add(values).saturating_mul(size_of::<f32>() as u64);
    // PCA beside the model, and where the model starts: a covariance in f64, its eigenvectors, and room to find them.
    let side = (shape.features() as u64).min(MOST_DECOMPOSED);
    let pca = if model.has_linear_path() { side * side * size_of::<f64>() as u64 * 3 } else { 0 };
    Ok(numbers.saturating_add(pca))
}

fn words(bytes: u64) -> String {
    let gibibytes = bytes as f64 / f64::from(1 << 30);
    match bytes {
        u64::MAX => "more than can be counted".to_owned(),
        _ if gibibytes < 1.0 => format!("{:.0} MiB", gibibytes * 1024.0),
        _ => format!("{gibibytes:.1} GiB"),
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_models::DenseConfig;

    use super::*;

    #[test]
    fn weights_and_batches_are_counted_and_what_no_machine_holds_is_refused() {
        let dense = |code| ModelConfig::Dense(DenseConfig { code, ..DenseConfig::default() });
        let shape = ExampleShape::Flat(100);
        let bytes = estimate(&dense(10), shape, 16).expect("a model");
        assert_eq!(bytes, 4 * (10 * 2 * 100 * 10 + 2 * 16 * 2 * 110));
        let error = check(&RunConfig::default(), &dense(1 << 50), shape).expect_err("refused").to_string();
        assert!(error.contains("GiB") && error.contains("model.code"), "{error}");
        check(&RunConfig::default(), &dense(10), shape).expect("small");
    }
}
