//! Each kernel forward and backward beside the composition of Burn's operations that it stands for.
//!
//!     cargo bench --workspace --exclude xtask --bench kernels -- linear

use std::hint::black_box;

use autoencoder_kernels::convolution::{Direction, Grid, composed as composed_convolution, convolution};
use autoencoder_kernels::linear::{Weight, composed as composed_linear, linear};
use autoencoder_kernels::losses::Fused;
use autoencoder_kernels::optim::{AdamW, Sgd};
use autoencoder_kernels::{Pointwise, activation, contraction, sparsity};
use burn::module::{Module, Param};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Tensor, TensorData};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

/// Numbers in (0, 1), whose gradient is wanted.
fn tensor<const D: usize>(shape: [usize; D]) -> Tensor<D> {
    let values = (0..shape.iter().product()).map(|i| (i as f32 * 0.7).sin().mul_add(0.4, 0.5)).collect();
    Tensor::from_data(TensorData::new::<f32, _>(values, shape), &Device::flex().autodiff()).require_grad()
}

/// Names `fused` and `composed` for the two ways to one result.
fn both<T: Copy>(c: &mut Criterion, kernel: &str, size: &str, ways: [T; 2], pass: impl Fn(T)) {
    let mut group = c.benchmark_group(kernel);
    for (way, name) in ways.into_iter().zip(["fused", "composed"]) {
        group.bench_function(BenchmarkId::new(name, size), |bencher| bencher.iter(|| pass(way)));
    }
    group.finish();
}

fn layers(c: &mut Criterion) {
    for [batch, inputs, outputs] in [[128, 784, 256], [512, 784, 1000], [20, 784, 1000]] {
        for layout in [Weight::Own, Weight::Tied] {
            let x = tensor([batch, inputs]);
            let shape = if layout == Weight::Own { [inputs, outputs] } else { [outputs, inputs] };
            let (w, b) = (tensor(shape), tensor([outputs]));
            let name = format!("{batch}x{inputs}x{outputs} {layout:?}");
            both(c, "linear", &name, [linear, composed_linear], |layer| {
                let h = layer(x.clone(), w.clone(), b.clone(), layout, Pointwise::Relu);
                black_box(h.sum().backward());
            });
        }
    }
}

fn activations(c: &mut Criterion) {
    let a = tensor([128, 1000]);
    for s in Pointwise::ALL {
        both(c, "activation", &format!("{s:?} 128x1000"), [activation::apply, activation::composed], |way| {
            black_box(way(a.clone(), s).sum().backward());
        });
    }
}

fn losses(c: &mut Criterion) {
    let (output, clean) = (tensor([128, 784]), tensor([128, 784]).set_require_grad(false));
    for loss in Fused::ALL {
        let composed = |output: Tensor<2>, clean| loss.composed(output, clean).mean();
        let fused = |output: Tensor<2>, clean| loss.mean(output, clean);
        let ways: [&dyn Fn(Tensor<2>, Tensor<2>) -> Tensor<1>; 2] = [&fused, &composed];
        both(c, "loss", &format!("{loss:?} 128x784"), ways, |way| {
            black_box(way(output.clone(), clean.clone()).backward());
        });
    }
}

fn penalties(c: &mut Criterion) {
    let (slope, w, h) = (tensor([100, 1000]), tensor([784, 1000]), tensor([256, 2048]));
    both(c, "contraction", "100x784x1000", [contraction::squared_jacobian, contraction::composed], |norm| {
        black_box(norm(slope.clone(), w.clone()).backward());
    });
    both(c, "sparsity", "256x2048", [sparsity::l1, sparsity::composed], |l1| {
        black_box(l1(h.clone()).backward());
    });
}

fn convolutions(c: &mut Criterion) {
    let grid = Grid { stride: 2, padding: 1 };
    let w = tensor([32, 16, 3, 3]);
    for (direction, x, b) in [
        (Direction::Forth, tensor([128, 16, 14, 14]), tensor([32])),
        (Direction::Back([1, 1]), tensor([128, 32, 7, 7]), tensor([16])),
    ] {
        both(
            c,
            "convolution",
            &format!("{direction:?} 16-32 at 14x14"),
            [convolution, composed_convolution],
            |way| {
                black_box(way(x.clone(), w.clone(), b.clone(), grid, direction).sum().backward());
            },
        );
    }
}

#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<2>>,
}

/// Updates alone: the gradients are computed before.
fn optimisers(c: &mut Criterion) {
    let momentum = MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: false };
    let pairs: [(&str, [ModuleOptimizer; 2]); 2] = [
        ("adamw", [AdamW::default().into(), AdamWConfig::new().init()]),
        (
            "sgd",
            [
                Sgd { momentum: 0.9, ..Sgd::default() }.into(),
                SgdConfig::new().with_momentum(Some(momentum)).init(),
            ],
        ),
    ];
    for (name, pair) in pairs {
        let mut group = c.benchmark_group(name);
        for (mut optimiser, way) in pair.into_iter().zip(["fused", "composed"]) {
            let mut layer = Layer { weight: Param::from_tensor(tensor([784, 1000])) };
            group.bench_function(BenchmarkId::new(way, "784x1000"), |bencher| {
                let gradients = |layer: &Layer| {
                    GradientsParams::from_grads(layer.weight.val().square().sum().backward(), layer)
                };
                bencher.iter_custom(|times| {
                    let mut spent = std::time::Duration::ZERO;
                    for _ in 0..times {
                        let gradients = gradients(&layer);
                        let start = std::time::Instant::now();
                        layer = optimiser.step(1e-3, layer.clone(), gradients);
                        spent += start.elapsed();
                    }
                    spent
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = kernels;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2));
    targets = layers, activations, losses, penalties, convolutions, optimisers
}
criterion_main!(kernels);
