//! The workloads of training.

use std::path::Path;

use std::sync::Arc;

use autoencoder::core::{
    Autoencoder as _, Bernoulli, ExampleShape, Facts as _, Loss, Moment, OutputActivation, Seed,
    SquaredError, standard_normal,
};
use autoencoder::kernels::optim::{Adam, Sgd};
use autoencoder::models::{
    Activation, ConvConfig, DenseConfig, Model, ModelConfig, VariationalConfig, safetensors,
};
use autoencoder::regularizers::{Contractive, CorruptionConfig, L1, Masking};
use autoencoder::train::{ObjectiveSpec, objective};
use burn::module::Module as _;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData};

use crate::Outcome;
use crate::measure::milliseconds;

/// Batches that the steps go round in, where there are examples for as many.
const BATCHES: usize = 10;
/// Width of the activations of W8.
const ACTIVATIONS: usize = 768;
/// Batches of W8, whose examples are drawn.
const DRAWN: usize = 2;

/// Where and in which batches a workload runs.
#[derive(Clone)]
pub(crate) struct Setup {
    /// Where the model is trained.
    pub(crate) device: Device,
    /// Instead of the workload's own batch.
    pub(crate) batch: Option<usize>,
}

impl Setup {
    /// Whether the device works on while the program goes on, so that steps are timed together.
    fn is_asynchronous(&self) -> bool {
        !autoencoder::kernels::is_flex(&self.device)
    }
}

/// A model, what it is trained for and how far it is.
pub(crate) struct Training {
    id: String,
    initial: Model,
    model: Model,
    optimizer: ModuleOptimizer,
    spec: ObjectiveSpec,
    setup: Setup,
    batch: usize,
    rate: f64,
    /// `[batch, features]` each.
    batches: Vec<Tensor<2>>,
    step: usize,
}

/// A dense model of ReLU layers.
pub(crate) fn dense(hidden: &[usize], code: usize) -> ModelConfig {
    ModelConfig::Dense(DenseConfig {
        hidden: hidden.to_vec(),
        code,
        activation: Activation::Relu,
        code_activation: Activation::Relu,
        ..DenseConfig::default()
    })
}

fn tied() -> ModelConfig {
    ModelConfig::Dense(DenseConfig {
        code: 1000,
        code_activation: Activation::Sigmoid,
        tied: true,
        ..DenseConfig::default()
    })
}

/// The model, the objective, the batch and whether it is trained by SGD.
fn workload(id: &str) -> Option<(ModelConfig, ObjectiveSpec, usize, bool)> {
    let bits = || ObjectiveSpec::plain(Loss::Bernoulli(Bernoulli {}));
    let squares = |output| ObjectiveSpec::plain(Loss::SquaredError(SquaredError { output }));
    Some(match id {
        "W1" => (dense(&[128], 64), squares(OutputActivation::Sigmoid), 128, false),
        "W2" => (dense(&[256], 32), bits(), 128, false),
        "W3" => {
            let masking = CorruptionConfig::Masking(Masking { probability: 0.25 });
            (tied(), ObjectiveSpec { corruption: Some(masking.build().into()), ..bits() }, 20, true)
        }
        "W4" => {
            let l1 = Arc::new(L1 { weight: 1e-3.into() });
            let spec = ObjectiveSpec { penalties: vec![l1], ..squares(OutputActivation::Identity) };
            (dense(&[], 2048), spec, 256, false)
        }
        "W5" => (dense(&[1000, 500, 250], 30), bits(), 512, false),
        "W6" => {
            let config = ConvConfig {
                channels: vec![16, 32],
                code: 64,
                activation: Activation::Relu,
                code_activation: Activation::Relu,
                ..ConvConfig::default()
            };
            (ModelConfig::Conv(config), bits(), 128, false)
        }
        "W7" => {
            let contractive = Arc::new(Contractive { weight: 0.1.into(), ..Contractive::default() });
            (tied(), ObjectiveSpec { penalties: vec![contractive], ..bits() }, 100, false)
        }
        "W8" => (dense(&[], 12_288), squares(OutputActivation::Identity), 1024, false),
        "W9" => {
            let config = VariationalConfig {
                hidden: vec![400],
                code: 20,
                activation: Activation::Relu,
                ..VariationalConfig::default()
            };
            (ModelConfig::Variational(config), bits(), 128, false)
        }
        _ => return None,
    })
}

impl Training {
    /// The workload of that name; its initial weights and the noise of its first steps are written to `folder`.
    pub(crate) fn new(id: &str, images: &[f32], folder: &Path, setup: Setup) -> Outcome<Self> {
        let (config, spec, batch, sgd) = workload(id).ok_or_else(|| format!("there is no workload {id}"))?;
        let batch = setup.batch.unwrap_or(batch);
        let shape = match config {
            ModelConfig::Conv(_) => ExampleShape::Image { channels: 1, height: 28, width: 28 },
            _ if id == "W8" => ExampleShape::Flat(ACTIVATIONS),
            _ => ExampleShape::Flat(784),
        };
        let initial = config.init(shape, Seed::new(1), &setup.device)?;
        std::fs::write(folder.join(format!("{id}.safetensors")), safetensors::save(&initial)?)?;
        let batches = match id {
            "W8" => batches(&drawn(batch, folder)?, batch, ACTIVATIONS, &setup.device),
            _ => batches(images, batch, 784, &setup.device),
        };
        let mut training = Self {
            id: id.to_owned(),
            model: initial.clone(),
            initial,
            optimizer: optimizer(sgd),
            spec,
            batch,
            rate: if sgd { 0.1 } else { 1e-3 },
            batches,
            setup,
            step: 0,
        };
        training.write_noise(folder)?;
        training.restart();
        Ok(training)
    }

    fn restart(&mut self) {
        self.model = self.initial.clone().train().fork(&self.setup.device.clone().autodiff());
        self.optimizer = optimizer(self.id == "W3");
        self.step = 0;
    }

    fn moment(step: usize) -> Moment {
        Moment { seed: Seed::new(3).at(step as u64), progress: 0.5 }
    }

    /// What a peer needs to draw the same noise: masks, or normal numbers, of the first 200 steps.
    fn write_noise(&self, folder: &Path) -> Outcome<()> {
        let device = self.setup.device.clone();
        let of = |step: usize| -> Option<Vec<f32>> {
            let seed = Self::moment(step).seed;
            let noise = match (&self.spec.corruption, self.id.as_str()) {
                (Some(masking), _) => {
                    masking.corrupt(Tensor::ones([self.batch, 784], &device), seed.stream("corruption"))
                }
                (None, "W9") => standard_normal([self.batch, 20], seed.stream("posterior"), &device),
                _ => return None,
            };
            Some(noise.into_data().iter().collect())
        };
        let noise: Option<Vec<Vec<f32>>> = (0..200).map(of).collect();
        match noise {
            Some(noise) => write_floats(&folder.join(format!("{}.noise.f32", self.id)), &noise.concat()),
            None => Ok(()),
        }
    }

    /// Takes a step and returns the objective before it, still on the device.
    fn step(&mut self) -> Tensor<1> {
        let x = self.batches[self.step % self.batches.len()].clone();
        let value = objective(&self.model, x, None, &self.spec, Self::moment(self.step));
        let gradients = GradientsParams::from_grads(value.total.backward(), &self.model);
        // The model is moved through the step, so that its memory is changed in place.
        let model = std::mem::replace(&mut self.model, self.initial.clone());
        self.model = self.optimizer.step(self.rate, model, gradients).after_step(&value.seen);
        self.step += 1;
        value.total.detach()
    }

    /// The milliseconds of each of `count` steps, or their mean where the device works on by itself.
    pub(crate) fn steps(&mut self, count: usize) -> Outcome<Vec<f64>> {
        if self.setup.is_asynchronous() {
            self.setup.device.sync()?;
            let began = std::time::Instant::now();
            (0..count).for_each(|_| {
                self.step();
            });
            self.setup.device.sync()?;
            return Ok(vec![began.elapsed().as_secs_f64() * 1e3 / count as f64]);
        }
        Ok((0..count)
            .map(|_| {
                milliseconds(|| {
                    std::hint::black_box(self.step());
                })
            })
            .collect())
    }

    /// The objective of each of `count` steps from the initial weights.
    pub(crate) fn curve(&mut self, count: usize) -> Outcome<Vec<f32>> {
        self.restart();
        let losses = (0..count).map(|_| self.step().into_scalar::<f32>()).collect();
        self.restart();
        Ok(losses)
    }

    /// The multiplications of the matrix products of a step: forward, and backward for weights and inputs, of
    /// which the first layer needs none; 0 where products are not what the time goes to.
    pub(crate) fn products(&self) -> f64 {
        if self.id == "W6" {
            return 0.0;
        }
        let weights = self.initial.encoder_weights().into_iter().chain(self.initial.decoder_weights());
        let sizes: Vec<f64> = weights.map(|weight| weight.dims().iter().product::<usize>() as f64).collect();
        let layers: f64 = sizes.iter().sum();
        let tied = if self.initial.decoder_weights().is_empty() { 2.0 } else { 1.0 };
        self.batch as f64 * (3.0 * tied * layers - sizes[0])
    }
}

/// The first batches of the rows.
fn batches(rows: &[f32], batch: usize, features: usize, device: &Device) -> Vec<Tensor<2>> {
    let whole = rows.chunks_exact(batch * features).take(BATCHES);
    whole.map(|rows| Tensor::from_data(TensorData::new(rows.to_vec(), [batch, features]), device)).collect()
}

/// Activations of unit variance, also written for a peer to read.
fn drawn(batch: usize, folder: &Path) -> Outcome<Vec<f32>> {
    let device = Device::flex();
    let values: Vec<f32> =
        standard_normal([DRAWN * batch, ACTIVATIONS], Seed::new(8), &device).into_data().iter().collect();
    write_floats(&folder.join("activations.f32"), &values)?;
    Ok(values)
}

fn optimizer(sgd: bool) -> ModuleOptimizer {
    if sgd { Sgd::default().into() } else { Adam::default().into() }
}

/// Numbers as they are in memory, little end first.
pub(crate) fn write_floats(path: &Path, values: &[f32]) -> Outcome<()> {
    let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
    Ok(std::fs::write(path, bytes)?)
}
