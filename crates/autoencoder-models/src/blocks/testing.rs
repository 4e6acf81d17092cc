//! What every model's tests check.

use autoencoder_core::{Autoencoder, Seed};
use burn::tensor::{Device, Tensor, TensorData};

use super::initialisation::Initialisation;

/// Rows of numbers of both signs, without autodiff.
pub(crate) fn rows(count: usize, features: usize, seed: u64) -> Tensor<2> {
    let values = Initialisation::LecunNormal.draw(count * features, 1, 1, Seed::new(seed));
    Tensor::from_data(TensorData::new(values, [count, features]), &Device::flex())
}

/// Compares the directional derivative of the encoder with a central difference.
pub(crate) fn assert_tangent_is_the_change_of_the_code<A: Autoencoder>(model: &A, features: usize) {
    const STEP: f64 = 1e-3;
    let model = model.valid();
    let (x, v) = (rows(4, features, 1), rows(4, features, 2));
    let step = v.clone().mul_scalar(STEP);
    let change = model.encode(x.clone() + step.clone()).h - model.encode(x.clone() - step).h;
    let change = change.div_scalar(2.0 * STEP);
    let exact = model.directional_derivative(x, v).expect("a directional derivative");
    let apart = (exact.clone() - change).abs().max().into_scalar::<f32>();
    let scale = exact.abs().max().into_scalar::<f32>();
    assert!(apart < 2e-3 * scale, "{apart} of {scale}");
}
