//! What a device computes: every model, loss, penalty, corruption and kernel, forwards and backwards, and ten steps of
//! training. `cargo xtask backends` runs it on each device and compares the numbers.
//!
//!     conformance DEVICE [f64]
//!
//! One line an item: `{"item": "...", "values": [...]}`. With `f64` all tensors have that type, for which there are no fused
//! kernels: the reference.
#![allow(clippy::print_stdout, reason = "the numbers are what it is for")]

mod kernels;
mod models;

use autoencoder::core::device;
use burn::tensor::{Device, FloatDType, Tensor, TensorData};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let mut device = device::by_name(words.first().map_or("flex", String::as_str))?;
    if words.get(1).is_some_and(|word| word == "f64") {
        device.configure(FloatDType::F64)?;
    }
    let bench = Bench { device };
    kernels::run(&bench);
    models::run(&bench)?;
    Ok(())
}

/// Where items are computed.
pub(crate) struct Bench {
    device: Device,
}

impl Bench {
    /// The device with differentiation.
    fn tracked(&self) -> Device {
        self.device.clone().autodiff()
    }

    /// Numbers in that shape, between -1 and 1, whose gradient is wanted.
    fn tensor<const D: usize>(&self, shape: [usize; D], step: f64) -> Tensor<D> {
        self.constant(shape, step).require_grad()
    }

    /// The same without a gradient.
    fn constant<const D: usize>(&self, shape: [usize; D], step: f64) -> Tensor<D> {
        // Rounded to f32, so that every type starts from the same numbers.
        let values: Vec<f32> =
            (0..shape.iter().product()).map(|i| (i as f64 * step + 0.3).sin() as f32).collect();
        Tensor::from_data(TensorData::new(values, shape), &self.tracked())
    }
}

/// Prints an item.
fn report(item: &str, values: TensorData) {
    let values: Vec<f64> = values.iter::<f64>().collect();
    println!("{}", serde_json::json!({ "item": item, "values": values }));
}
