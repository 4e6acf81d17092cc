//! Times fused operations against the same composed of tensor operations, on the CPU backend.
//!
//! Both are timed in turn, so that a busy machine slows both; the medians of many turns are printed.
#![allow(clippy::print_stdout, reason = "a program that prints")]

use std::time::Instant;

use autoencoder_core::{Bernoulli, Loss, SquaredError};
use autoencoder_kernels::activation::Function;
use autoencoder_kernels::{loss, optim};
use burn::module::{Module, Param};
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Distribution, Tensor, activation};

const TURNS: usize = 41;
const BATCH: usize = 256;
const FEATURES: usize = 784;

/// The parameters of a 784-1000-500-250-30 encoder and its mirror image.
#[derive(Module, Debug)]
struct Parameters {
    weights: Vec<Param<Tensor<2>>>,
}

fn main() {
    let device = Device::flex().autodiff();
    activations(&device);
    losses(&device);
    optimisers(&device);
}

fn activations(device: &Device) {
    let shape = [BATCH, 1000];
    let bias = Tensor::<1>::random([1000], Distribution::Normal(0.0, 1.0), device).require_grad();
    let a = Tensor::<2>::random(shape, Distribution::Normal(0.0, 1.0), device).require_grad();
    let step = |s: &dyn Fn(Tensor<2>) -> Tensor<2>| {
        // A product by one stands for the matrix product whose result the activation may overwrite.
        let h = s(a.clone().mul_scalar(1.0));
        h.sum().backward()
    };
    type Composed = fn(Tensor<2>) -> Tensor<2>;
    for (function, composed) in [
        (Function::Relu, activation::relu as Composed),
        (Function::Gelu, activation::gelu),
        (Function::Silu, activation::silu),
        (Function::Tanh, activation::tanh),
        (Function::Sigmoid, activation::sigmoid),
        (Function::Softplus, |a| activation::softplus(a, 1.0)),
    ] {
        let name = format!("{function:?} {shape:?}");
        compare(&name, || step(&|a| function.of(a)), || step(&composed));
        let fused = || step(&|a| function.of_biased(a, bias.clone()));
        compare(&format!("{name} + bias"), fused, || step(&|a| composed(a + bias.clone().unsqueeze())));
    }
    let fused = || step(&|a| Function::Identity.of_biased(a, bias.clone()));
    compare("Identity + bias", fused, || step(&|a| a + bias.clone().unsqueeze()));
}

fn losses(device: &Device) {
    let shape = [BATCH, FEATURES];
    let output = Tensor::<2>::random(shape, Distribution::Normal(0.0, 2.0), device).require_grad();
    let clean = Tensor::<2>::random(shape, Distribution::Uniform(0.0, 1.0), device);
    let step = |loss: &dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<1>| {
        loss(output.clone().mul_scalar(1.0), clean.clone()).mean().backward()
    };
    let composed = |loss: Loss| move |output, clean| loss.per_example(output, clean);
    let bernoulli = composed(Loss::Bernoulli(Bernoulli::default()));
    let squared_error = composed(Loss::SquaredError(SquaredError::default()));
    compare("bernoulli [256, 784]", || step(&loss::bernoulli_per_example), || step(&bernoulli));
    compare("squared error [256, 784]", || step(&loss::squared_error_per_example), || step(&squared_error));
}

fn optimisers(device: &Device) {
    let mut pairs: [(&str, ModuleOptimizer, ModuleOptimizer); 3] = [
        ("Adam", optim::Adam::default().into(), AdamConfig::new().init()),
        ("AdamW", optim::AdamW::default().into(), AdamWConfig::new().init()),
        ("SGD", optim::Sgd { momentum: 0.9, ..Default::default() }.into(), SgdConfig::new().init()),
    ];
    for (name, fused, composed) in &mut pairs {
        let mut step = |optimiser: &mut ModuleOptimizer, parameters: &mut Option<Parameters>| {
            let now = parameters.take().expect("parameters");
            let sum =
                now.weights.iter().map(|weight| weight.val().sum()).reduce(|a, b| a + b).expect("weights");
            let gradients = GradientsParams::from_grads(sum.backward(), &now);
            let start = Instant::now();
            *parameters = Some(optimiser.step(1e-3, now, gradients));
            start.elapsed().as_secs_f64()
        };
        let mut both = [Some(parameters(device)), Some(parameters(device))];
        let times = (0..TURNS).map(|_| [step(fused, &mut both[0]), step(composed, &mut both[1])]).collect();
        report(&format!("{name}, 2.8 million parameters"), times);
    }
}

fn parameters(device: &Device) -> Parameters {
    let sizes = [FEATURES, 1000, 500, 250, 30, 250, 500, 1000, FEATURES];
    let weight = |pair: &[usize]| {
        Param::from_tensor(Tensor::random([pair[0], pair[1]], Distribution::Normal(0.0, 0.1), device))
    };
    Parameters { weights: sizes.windows(2).map(weight).collect() }
}

fn compare<A, B>(name: &str, fused: impl Fn() -> A, composed: impl Fn() -> B) {
    let time = |work: &dyn Fn()| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64()
    };
    let turn = |_| [time(&|| drop(fused())), time(&|| drop(composed()))];
    report(name, (0..TURNS).map(turn).collect());
}

fn report(name: &str, times: Vec<[f64; 2]>) {
    let median = |which: usize| {
        let mut times: Vec<f64> = times.iter().map(|pair| pair[which] * 1e3).collect();
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    };
    let (fused, composed) = (median(0), median(1));
    println!("{name:32} fused {fused:7.3} ms  composed {composed:7.3} ms  {:5.2} times", composed / fused);
}
