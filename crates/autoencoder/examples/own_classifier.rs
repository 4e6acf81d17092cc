//! A network of one's own on a pretrained encoder: `cargo run --release --example own_classifier`.
//!
//! An autoencoder learns made-up digits without their labels; its encoder becomes the first layers of a network with two
//! hidden layers and a softmax, which learns from the labels of few of them in a loop written here.
#![allow(clippy::print_stdout, reason = "this is a program")]

use autoencoder::core::{Autoencoder, Seed, Source};
use autoencoder::datasets::{DataFolder, DataSet, Wanted, open};
use autoencoder::models::Model;
use autoencoder::prelude::RunConfig;
use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig, Relu};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use ndarray::Array2;

/// The encoder of an autoencoder, and layers of Burn's on it.
#[derive(Module, Debug)]
struct Network {
    encoder: Model,
    hidden: Linear,
    output: Linear,
    relu: Relu,
}

impl Network {
    fn new(encoder: Model, classes: usize, device: &Device) -> Self {
        let codes = encoder.code_size();
        Self {
            encoder,
            hidden: LinearConfig::new(codes, 64).init(device),
            output: LinearConfig::new(64, classes).init(device),
            relu: Relu::new(),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let h = self.encoder.encode(x).h;
        self.output.forward(self.relu.forward(self.hidden.forward(h)))
    }
}

/// Digits that have labels, few enough to make pretraining worth it.
const LABELLED: usize = 200;
const BATCH: usize = 50;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = Wanted { examples: Some(4000), ..Wanted::all("strokes", Seed::new(1)) };
    let DataSet { train, test, .. } = open(wanted, &DataFolder::new(None))?;
    let (pixels, labels) = examples(train.as_ref())?;
    let config = RunConfig::from_toml(
        "model = { hidden = [256], code = 64 }
         corruption = { kind = \"masking\", probability = 0.25 }
         train = { epochs = 15 }",
        "own_classifier",
    )?;
    let fitted = config.fit(pixels.view())?;

    let device = Device::flex().autodiff();
    let mut network = Network::new(fitted.trained.model.fork(&device), 10, &device);
    let mut optimizer = AdamConfig::new().init();
    let loss = CrossEntropyLossConfig::new().init(&device);
    for _ in 0..30 {
        for first in (0..LABELLED).step_by(BATCH) {
            let x = tensor(&pixels, first..first + BATCH, &device);
            let y = TensorData::new(labels[first..first + BATCH].to_vec(), [BATCH]);
            let value = loss.forward(network.forward(x), Tensor::<1, Int>::from_data(y, &device));
            let gradients = GradientsParams::from_grads(value.backward(), &network);
            network = optimizer.step(1e-3, network, gradients);
        }
    }

    let (pixels, labels) = examples(test.ok_or("strokes has a test part")?.as_ref())?;
    let x = tensor(&pixels, 0..labels.len(), &device);
    let answers: Vec<i64> = network.forward(x).argmax(1).into_data().iter().collect();
    let wrong = answers.iter().zip(&labels).filter(|(answer, label)| answer != label).count();
    println!("{wrong} of {} test digits wrong, with {LABELLED} labels", labels.len());
    Ok(())
}

/// All examples, `[examples, features]`, and their classes.
fn examples(source: &dyn Source) -> Result<(Array2<f32>, Vec<i64>), Box<dyn std::error::Error>> {
    let values = source.read(0..source.len())?;
    let pixels = Array2::from_shape_vec((source.len(), source.shape().features()), values)?;
    Ok((pixels, source.labels().unwrap_or_default().to_vec()))
}

/// Some rows, scaled as the autoencoder was fitted to: bytes to `[0, 1]`.
fn tensor(pixels: &Array2<f32>, rows: std::ops::Range<usize>, device: &Device) -> Tensor<2> {
    let values = pixels.slice(ndarray::s![rows.clone(), ..]).iter().map(|pixel| pixel / 255.0).collect();
    Tensor::from_data(TensorData::new(values, [rows.len(), pixels.ncols()]), device)
}
