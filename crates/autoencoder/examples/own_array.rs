//! A model of one's own choice on an array of one's own: `cargo run --release --example own_array`.

use std::sync::Arc;

use autoencoder::core::{ExampleShape, Loss, Seed, Source, SquaredError};
use autoencoder::datasets::Matrix;
use autoencoder::eval::On;
use autoencoder::models::DenseConfig;
use autoencoder::train::{Fit, ObjectiveSpec, Reconstruction, Select, TrainConfig, fit};
use burn::tensor::Device;

#[allow(clippy::print_stdout, reason = "an example tells what it has found")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Points of a curve in space: three numbers, of which one tells the others.
    let shape = ExampleShape::Flat(3);
    let points = (0..900).map(|row| (row as f32 * 0.618).sin()).flat_map(|t| [t, t * t, t.abs()]);
    let rows: Arc<dyn Source> = Arc::new(Matrix::new(shape, points.collect()));

    let device = &Device::flex();
    let config = DenseConfig { hidden: vec![32], code: 1, ..DenseConfig::default() };
    let model = config.init(shape, Seed::new(7), device)?;
    let loss = &Loss::SquaredError(SquaredError::default());
    let goal = Reconstruction::new(ObjectiveSpec::plain(*loss), Select::Validation);
    let folder = tempfile::tempdir()?;
    let config = TrainConfig { epochs: 60, batch_size: 30, ..TrainConfig::default() };
    let plan = Fit { config, ..Fit::new(goal, Arc::clone(&rows), Arc::clone(&rows), folder.path()) };
    let fitted = fit(model, plan)?;

    let on = On { model: &fitted.model, loss, batch_size: 1024, device };
    let error = on.evaluate(rows.as_ref())?.squared_error_per_example;
    println!("squared error {error:.4} per example, best epoch {:?}", fitted.best_epoch);
    Ok(())
}
