//! Vector instructions change the time of a pass, not its result.

use std::path::PathBuf;
use std::process::Command;

use autoencoder_kernels::losses::Fused;
use autoencoder_kernels::optim::{AdamW, Sgd};
use autoencoder_kernels::{Pointwise, activation, contraction, is_vectorised, sparsity};
use burn::module::{Module, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};

/// Where a process of its own writes its results.
const RESULTS: &str = "AUTOENCODER_TEST_RESULTS";
/// Odd, so that every pass has a rest that fills no vector.
const SHAPE: [usize; 2] = [137, 251];

#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<2>>,
}

fn tensor(step: f32) -> Tensor<2> {
    let values: Vec<f32> = (0..SHAPE[0] * SHAPE[1]).map(|i| 3.0 * (i as f32 * step).sin()).collect();
    Tensor::from_data(TensorData::new(values, SHAPE), &Device::flex().autodiff()).require_grad()
}

/// A value and its gradient by each kernel that is no product, and parameters after steps.
fn results() -> Vec<u8> {
    let mut all: Vec<f32> = Vec::new();
    let mut note = |values: TensorData| all.extend(values.iter::<f32>());
    let mut pass = |of: &dyn Fn(Tensor<2>) -> Tensor<1>| {
        let x = tensor(0.37);
        let value = of(x.clone());
        let gradients = value.backward();
        note(value.into_data());
        note(x.grad(&gradients).expect("a gradient").into_data());
    };
    let weights = tensor(0.11).detach();
    for s in Pointwise::ALL {
        pass(&|x| (activation::apply(x, s) * weights.clone()).sum());
    }
    for loss in Fused::ALL {
        pass(&|x| loss.mean(x, weights.clone()));
    }
    pass(&sparsity::l1);
    pass(&|x| contraction::squared_jacobian(x, weights.clone()));
    for mut optimiser in
        [ModuleOptimizer::from(AdamW::default()), Sgd { momentum: 0.9, ..Sgd::default() }.into()]
    {
        let mut layer = Layer { weight: Param::from_tensor(tensor(0.7)) };
        for _ in 0..3 {
            let gradients = layer.weight.val().square().sum().backward();
            let gradients = GradientsParams::from_grads(gradients, &layer);
            layer = optimiser.step(0.01, layer, gradients);
        }
        note(layer.weight.val().into_data());
    }
    all.into_iter().flat_map(f32::to_le_bytes).collect()
}

#[test]
fn without_vector_instructions_results_have_the_same_bits() {
    if let Some(path) = std::env::var_os(RESULTS) {
        assert!(!is_vectorised());
        std::fs::write(path, results()).expect("written");
        return;
    }
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("results-without-simd");
    let without = || {
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.args(["without_vector_instructions_results_have_the_same_bits", "--exact"]);
        let output = command.env("AUTOENCODER_SIMD", "off").env(RESULTS, &path).output().expect("it starts");
        assert!(output.status.success(), "{output:?}");
        std::fs::read(&path).expect("results")
    };
    let with = results();
    assert!(with.len() > 4 * SHAPE[0] * SHAPE[1] * 10);
    assert!(without() == with);
}
