//! A device is compared with flex before it is trusted: a driver may compute wrong numbers without a word.

use autoencoder_core::device::{self, Devices};
use autoencoder_core::{Autoencoder as _, ExampleShape, Facts as _, Loss, Seed, standard_normal};
use autoencoder_models::{DenseConfig, Model, ModelConfig};
use burn::module::{Module as _, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use serde::Serialize;

use crate::error::Error;

/// The greatest deviation that rounding in f32 explains, relative to the greatest value.
const ALLOWED: f64 = 1e-4;
/// The most examples that are put through the model.
const MOST_ROWS: usize = 128;

/// How far a device is from flex in one operation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deviation {
    /// What was computed.
    pub item: String,
    /// The greatest difference, relative to the greatest value.
    pub deviation: f64,
}

impl Deviation {
    /// Whether rounding explains it.
    pub fn is_allowed(&self) -> bool {
        self.deviation <= ALLOWED
    }
}

/// A product of two matrices, as a device computes it.
type Product = fn(Tensor<2>, Tensor<2>) -> Tensor<2>;

/// Refuses devices of which one computes `model`, its products and its loss otherwise than flex does; flex itself
/// needs no comparison.
///
/// # Errors
/// [`Error::WrongDevice`] naming the first operation that deviates.
pub(crate) fn verify(devices: &Devices, model: &Model, loss: &Loss, rows: usize) -> Result<(), Error> {
    for (name, on) in devices.names().zip(devices.open()?) {
        if !autoencoder_kernels::is_flex(&on) {
            refuse_wrong(name, deviations(model, loss, rows, &on, Tensor::matmul))?;
        }
    }
    Ok(())
}

fn refuse_wrong(name: &str, deviations: Vec<Deviation>) -> Result<(), Error> {
    match deviations.into_iter().find(|deviation| !deviation.is_allowed()) {
        None => Ok(()),
        Some(Deviation { item, deviation }) => {
            Err(Error::WrongDevice { device: name.to_owned(), item, deviation, allowed: ALLOWED })
        }
    }
}

/// `ae devices --check`: how far a device is from flex on a model of the size of a digit's.
///
/// # Errors
/// A name without a device.
pub fn check_device(name: &str) -> Result<Vec<Deviation>, Error> {
    let config = DenseConfig { hidden: vec![512], code: 32, ..DenseConfig::default() };
    let shape = ExampleShape::Image { channels: 1, height: 28, width: 28 };
    let model = ModelConfig::Dense(config).init(shape, Seed::new(1), &Device::flex())?;
    let loss = crate::config::run::RunConfig::default().loss();
    Ok(deviations(&model, &loss, MOST_ROWS, &device::by_name(name)?, Tensor::matmul))
}

/// Each product at the model's own sizes, its codes, its outputs, the loss and the gradients.
fn deviations(model: &Model, loss: &Loss, rows: usize, on: &Device, product: Product) -> Vec<Deviation> {
    let rows = rows.clamp(1, MOST_ROWS);
    let on_flex = model.clone().valid().fork(&Device::flex());
    let on_device = model.clone().valid().fork(on);
    let mut found = Vec::new();
    for (index, (ours, theirs)) in
        on_flex.encoder_weights().into_iter().zip(on_device.encoder_weights()).enumerate()
    {
        let [inputs, outputs] = ours.dims();
        let x = normal([rows, inputs], index as u64);
        let item = format!("product [{rows}, {inputs}] x [{inputs}, {outputs}]");
        found.push(compare(item, x.clone().matmul(ours), product(to(&x, on), theirs)));
    }
    // Between 0 and 1, so that every loss is defined.
    let x = burn::tensor::activation::sigmoid(normal([rows, model.shape().features()], 99));
    let (ours, theirs) = (on_flex.encode(x.clone()).h, on_device.encode(to(&x, on)).h);
    found.push(compare("code".to_owned(), ours.clone(), theirs.clone()));
    let (ours, theirs) = (on_flex.decode(ours), on_device.decode(theirs));
    found.push(compare("output".to_owned(), ours.clone(), theirs.clone()));
    let of = |output, x| loss.per_example(output, x).unsqueeze::<2>();
    found.push(compare(format!("{} loss", loss.name()), of(ours, x.clone()), of(theirs, to(&x, on))));
    let (ours, theirs) =
        (gradients(&on_flex, loss, &x, &Device::flex()), gradients(&on_device, loss, &x, on));
    found.extend(ours.into_iter().zip(theirs).map(|((item, ours), (_, theirs))| compare(item, ours, theirs)));
    found
}

/// The gradients of the loss with respect to the examples and to every parameter, each with its name: all the
/// products of a training step backwards.
fn gradients(model: &Model, loss: &Loss, x: &Tensor<2>, on: &Device) -> Vec<(String, Tensor<2>)> {
    let device = on.clone().autodiff();
    let model = model.clone().train().fork(&device);
    let tracked = to(x, &device).require_grad();
    let mut gradients = loss.mean(model.decode(model.encode(tracked.clone()).h), to(x, &device)).backward();
    let of_x = tracked.grad(&gradients).unwrap_or_else(|| x.zeros_like());
    let gradients = GradientsParams::from_module(&mut gradients, &model);
    let mut named = NamedGradients {
        path: Vec::new(),
        gradients,
        found: vec![("gradient of the examples".to_owned(), of_x)],
    };
    model.visit(&mut named);
    named.found
}

/// Collects the gradient of each parameter that has one.
struct NamedGradients {
    path: Vec<String>,
    gradients: GradientsParams,
    found: Vec<(String, Tensor<2>)>,
}

impl ModuleVisitor for NamedGradients {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(parameter.id) {
            self.found.push((
                format!("gradient of {}", self.path.join(".")),
                gradient.flatten::<1>(0, D - 1).unsqueeze(),
            ));
        }
    }
}

fn normal(shape: [usize; 2], stream: u64) -> Tensor<2> {
    standard_normal(shape, Seed::new(1).stream("device check").at(stream), &Device::flex())
}

fn to(x: &Tensor<2>, device: &Device) -> Tensor<2> {
    Tensor::from_data(x.to_data(), device)
}

fn compare(item: String, ours: Tensor<2>, theirs: Tensor<2>) -> Deviation {
    let (ours, theirs) = (ours.into_data(), theirs.into_data());
    let scale = ours.iter::<f64>().fold(f64::MIN_POSITIVE, |scale, value| scale.max(value.abs()));
    let apart = ours.iter::<f64>().zip(theirs.iter::<f64>()).map(|(a, b)| {
        let apart = (a - b).abs();
        // A NaN is as far away as can be.
        if apart.is_nan() { f64::INFINITY } else { apart }
    });
    Deviation { item, deviation: apart.fold(0.0, f64::max) / scale }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(product: Product) -> Result<(), Error> {
        let config = DenseConfig { hidden: vec![40], code: 8, ..DenseConfig::default() };
        let model = ModelConfig::Dense(config)
            .init(ExampleShape::Flat(70), Seed::new(1), &Device::flex())
            .expect("a model");
        let loss = crate::config::run::RunConfig::default().loss();
        refuse_wrong("other", deviations(&model, &loss, 16, &Device::flex(), product))
    }

    #[test]
    fn a_device_that_computes_the_same_is_trusted() {
        found(Tensor::matmul).expect("flex agrees with itself");
    }

    #[test]
    fn every_parameter_is_compared_by_its_gradient() {
        let found = check_device("flex").expect("flex is there");
        let gradients = found.iter().filter(|deviation| deviation.item.contains("weight")).count();
        assert_eq!(gradients, 4, "{found:?}");
    }

    #[test]
    fn a_device_whose_products_miss_a_part_of_the_sum_is_refused_with_the_operation() {
        let error = found(|x, w| {
            let [_, inputs] = x.dims();
            x.narrow(1, 0, inputs - 2).matmul(w.narrow(0, 0, inputs - 2))
        });
        let error = error.expect_err("refused").to_string();
        assert!(error.contains("other") && error.contains("product [16, 70] x [70, 40]"), "{error}");
    }
}
