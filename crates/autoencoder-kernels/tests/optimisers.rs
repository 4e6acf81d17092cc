//! The optimisers as training uses them: through Burn's `ModuleOptimizer`, saved and loaded.

use autoencoder_kernels::optim::{Adam, AdamW, Sgd};
use burn::module::{Module, Param};
use burn::optim::momentum::MomentumConfig;
use burn::optim::{AdamConfig, AdamWConfig, GradientsParams, ModuleOptimizer, SgdConfig};
use burn::tensor::{Device, Tensor, TensorData};

const RATE: f64 = 0.01;

#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Layer {
    fn new() -> Self {
        let device = Device::flex().autodiff();
        let weight = (0..784 * 100).map(|i| (i as f32 * 0.37).sin()).collect::<Vec<f32>>();
        let weight = Tensor::from_data(TensorData::new(weight, [784, 100]), &device);
        Self { weight: Param::from_tensor(weight), bias: Param::from_tensor(Tensor::zeros([100], &device)) }
    }

    /// One step; the weight's gradient is that of a transposed use, and so not contiguous.
    fn step(self, optimiser: &mut ModuleOptimizer, time: usize) -> Self {
        let output = self.weight.val().transpose().mul_scalar(0.1 * time as f32 - 1.0).sin();
        let loss = output.square().sum() + (self.bias.val() - 1.0).square().sum();
        let gradients = GradientsParams::from_grads(loss.backward(), &self);
        optimiser.step(RATE, self, gradients)
    }

    fn values(&self) -> Vec<f32> {
        let (weight, bias) = (self.weight.val().into_data(), self.bias.val().into_data());
        weight.iter::<f32>().chain(bias.iter::<f32>()).collect()
    }
}

fn ours() -> [(&'static str, ModuleOptimizer); 4] {
    [
        ("adam", Adam { weight_decay: 0.1, ..Adam::default() }.into()),
        ("adamw", AdamW { weight_decay: 0.1, ..AdamW::default() }.into()),
        ("sgd", Sgd { momentum: 0.9, ..Sgd::default() }.into()),
        ("nesterov", Sgd { momentum: 0.9, nesterov: true, ..Sgd::default() }.into()),
    ]
}

fn steps(mut layer: Layer, optimiser: &mut ModuleOptimizer, times: std::ops::Range<usize>) -> Layer {
    for time in times {
        layer = layer.step(optimiser, time);
    }
    layer
}

#[test]
fn training_continues_from_saved_state_with_the_same_bits() {
    for ((name, mut whole), (_, empty)) in ours().into_iter().zip(ours()) {
        let layer = steps(Layer::new(), &mut whole, 0..3);
        let bytes = whole.into_bytes().expect("a record");
        let mut loaded = empty.from_bytes(bytes).expect("the record is read");
        let continued = steps(layer.clone(), &mut loaded, 3..6).values();
        assert_eq!(steps(layer.clone(), &mut whole, 3..6).values(), continued, "{name}");
        // Without the state it would have gone elsewhere.
        let (_, mut fresh) = ours().into_iter().find(|other| other.0 == name).expect("listed");
        assert_ne!(steps(layer, &mut fresh, 3..6).values(), continued, "{name}");
    }
}

#[test]
fn twenty_steps_agree_with_burns_own_optimisers() {
    let momentum = MomentumConfig { momentum: 0.9, dampening: 0.0, nesterov: false };
    let burns: [ModuleOptimizer; 3] = [
        AdamConfig::new().with_epsilon(1e-8).init(),
        AdamWConfig::new().with_epsilon(1e-8).with_weight_decay(0.1).init(),
        SgdConfig::new().with_momentum(Some(momentum)).init(),
    ];
    let ours: [ModuleOptimizer; 3] = [
        Adam::default().into(),
        AdamW { weight_decay: 0.1, ..AdamW::default() }.into(),
        Sgd { momentum: 0.9, ..Sgd::default() }.into(),
    ];
    for (mut burns, mut ours) in burns.into_iter().zip(ours) {
        let burns = steps(Layer::new(), &mut burns, 0..20).values();
        let ours = steps(Layer::new(), &mut ours, 0..20).values();
        for (ours, burns) in ours.into_iter().zip(burns) {
            assert!((ours - burns).abs() < 1e-4, "{ours} {burns}");
        }
    }
}
