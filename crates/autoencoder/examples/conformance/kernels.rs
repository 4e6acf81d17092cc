//! Kernels, losses of [`Fused`] and activations: outputs, and gradients of everything that has one.

use autoencoder::kernels::convolution::{Direction, Grid, convolution};
use autoencoder::kernels::linear::{Weight, linear};
use autoencoder::kernels::losses::Fused;
use autoencoder::kernels::optim::{Adam, AdamW, Sgd};
use autoencoder::kernels::{Pointwise, activation, contraction, sparsity};
use burn::module::{Module, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;

use crate::{Bench, report};

pub(crate) fn run(bench: &Bench) {
    layers(bench);
    activations(bench);
    losses(bench);
    terms(bench);
    convolutions(bench);
    optimisers(bench);
}

/// Sums a tensor with a weight of its own for each value, so that no gradient is that of a mere sum.
fn weighed<const D: usize>(bench: &Bench, value: Tensor<D>) -> Tensor<1> {
    let weights = bench.constant(value.dims(), 0.11);
    (value * weights).sum()
}

/// Reports a value and the gradients of what it was computed from.
macro_rules! differentiated {
    ($bench:expr, $item:expr, $value:expr, [$($name:literal: $of:expr),+]) => {
        let (item, value) = ($item, $value);
        report(&item, value.clone().into_data());
        let gradients = weighed($bench, value).backward();
        $(if let Some(gradient) = $of.grad(&gradients) {
            report(&format!("{item}, gradient of {}", $name), gradient.into_data());
        })+
    };
}

fn layers(bench: &Bench) {
    let [batch, inputs, outputs] = [33, 20, 17];
    for layout in [Weight::Own, Weight::Tied] {
        for s in Pointwise::ALL {
            let x = bench.tensor([batch, inputs], 0.7);
            let shape = if layout == Weight::Own { [inputs, outputs] } else { [outputs, inputs] };
            let (w, b) = (bench.tensor(shape, 0.31), bench.tensor([outputs], 1.3));
            let h = linear(x.clone(), w.clone(), b.clone(), layout, s);
            differentiated!(bench, format!("layer {layout:?} {s:?}"), h, ["x": x, "W": w, "b": b]);
        }
    }
}

fn activations(bench: &Bench) {
    for s in Pointwise::ALL {
        let a = bench.tensor([5, 3, 4, 4], 0.37);
        differentiated!(bench, format!("activation {s:?}"), activation::apply(a.clone(), s), ["a": a]);
    }
}

fn losses(bench: &Bench) {
    for loss in Fused::ALL {
        let (output, clean) = (bench.tensor([33, 20], 0.7), bench.constant([33, 20], 0.17).abs());
        differentiated!(bench, format!("fused loss {loss:?}"), loss.mean(output.clone(), clean), ["output": output]);
    }
}

fn terms(bench: &Bench) {
    let (slope, w) = (bench.tensor([33, 17], 0.7), bench.tensor([20, 17], 0.31));
    let norm = contraction::squared_jacobian(slope.clone(), w.clone());
    differentiated!(bench, "contraction".to_owned(), norm, ["slope": slope, "W": w]);
    let h = bench.tensor([33, 17], 0.7);
    differentiated!(bench, "sparsity".to_owned(), sparsity::l1(h.clone()), ["h": h]);
}

fn convolutions(bench: &Bench) {
    let grid = Grid { stride: 2, padding: 1 };
    for (name, x, direction, outputs) in [
        ("convolution", [4, 3, 9, 9], Direction::Forth, 5),
        ("transposed convolution", [4, 5, 5, 5], Direction::Back([0, 0]), 3),
    ] {
        let (x, w, b) =
            (bench.tensor(x, 0.7), bench.tensor([5, 3, 3, 3], 0.31), bench.tensor([outputs], 1.3));
        let y = convolution(x.clone(), w.clone(), b.clone(), grid, direction);
        differentiated!(bench, name.to_owned(), y, ["x": x, "W": w, "b": b]);
    }
}

#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<2>>,
}

fn optimisers(bench: &Bench) {
    let all: [(&str, ModuleOptimizer); 3] = [
        ("Adam", Adam { weight_decay: 0.1, ..Adam::default() }.into()),
        ("AdamW", AdamW { weight_decay: 0.1, ..AdamW::default() }.into()),
        ("SGD", Sgd { momentum: 0.9, ..Sgd::default() }.into()),
    ];
    for (name, mut optimiser) in all {
        let mut layer = Layer { weight: Param::from_tensor(bench.tensor([20, 17], 0.7)) };
        for _ in 0..10 {
            let gradients = weighed(bench, layer.weight.val().square()).backward();
            let gradients = GradientsParams::from_grads(gradients, &layer);
            layer = optimiser.step(0.01, layer, gradients);
        }
        report(&format!("ten steps of {name}"), layer.weight.val().into_data());
    }
}
