//! Models, losses, penalties and corruptions, each of its registry's list.

use autoencoder::core::{Autoencoder, ExampleShape, Loss, Moment, Seed};
use autoencoder::kernels::optim::Sgd;
use autoencoder::models::{KINDS, Model, ModelConfig};
use autoencoder::regularizers::{corruptions, penalties};
use autoencoder::train::{ObjectiveSpec, objective};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::{Tensor, TensorData};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{Bench, report};

const SHAPE: ExampleShape = ExampleShape::Image { channels: 1, height: 12, width: 12 };
const BATCH: usize = 16;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

pub(crate) fn run(bench: &Bench) -> Outcome {
    for kind in KINDS {
        model(bench, kind.name, &kind_of(&json!({ "kind": kind.name }))?)?;
        // Of a kind that has no linear path the key is refused.
        if let Ok(config) = kind_of(&json!({ "kind": kind.name, "linear": true })) {
            model(bench, &format!("{} beside a linear path", kind.name), &config)?;
        }
    }
    for kind in Loss::KINDS {
        loss(bench, kind.name, &kind_of(&json!({ "kind": kind.name }))?);
    }
    for kind in penalties::KINDS {
        penalty(bench, kind.name, &kind_of(&json!({ "kind": kind.name }))?)?;
    }
    for kind in corruptions::KINDS {
        let corruption: corruptions::CorruptionConfig = kind_of(&json!({ "kind": kind.name }))?;
        let noisy = corruption.build().corrupt(examples(bench), Seed::new(3));
        report(&format!("corruption {}", kind.name), noisy.into_data());
    }
    Ok(())
}

fn kind_of<T: DeserializeOwned>(table: &Value) -> Outcome<T> {
    Ok(serde_json::from_value(table.clone())?)
}

/// Numbers between 0 and 1, so that every loss is defined.
fn examples(bench: &Bench) -> Tensor<2> {
    bench.constant([BATCH, SHAPE.features()], 0.37).abs()
}

/// Codes, outputs, gradients of the objective, and parameters after ten steps.
fn model(bench: &Bench, name: &str, config: &ModelConfig) -> Outcome {
    let model = config.init(SHAPE, Seed::new(1), &bench.tracked())?;
    let code = model.encode(examples(bench)).h;
    report(&format!("model {name}, code"), code.clone().into_data());
    report(&format!("model {name}, output"), model.decode(code).into_data());
    let spec = ObjectiveSpec::plain(kind_of(&json!({ "kind": "bernoulli" }))?);
    gradients(bench, &format!("model {name}"), &model, &spec);
    ten_steps(bench, &format!("model {name}"), model, &spec);
    Ok(())
}

/// The loss of an output, and its gradient.
fn loss(bench: &Bench, name: &str, loss: &Loss) {
    let output = bench.tensor([BATCH, SHAPE.features()], 0.7);
    let value = loss.mean(output.clone(), examples(bench));
    report(&format!("loss {name}"), value.clone().into_data());
    if let Some(gradient) = output.grad(&value.backward()) {
        report(&format!("loss {name}, gradient"), gradient.into_data());
    }
}

/// The gradients of an objective that has it, on a model that has all that a penalty asks for.
fn penalty(bench: &Bench, name: &str, config: &penalties::PenaltyConfig) -> Outcome {
    let model: ModelConfig = kind_of(&json!({ "kind": "dense", "code": 10, "code_activation": "sigmoid" }))?;
    let model = model.init(SHAPE, Seed::new(1), &bench.tracked())?;
    let plain = ObjectiveSpec::plain(kind_of(&json!({ "kind": "squared-error" }))?);
    let spec = ObjectiveSpec { penalties: vec![config.build().into()], ..plain };
    let value = objective(&model, examples(bench), None, &spec, moment());
    for term in value.terms.iter().skip(1) {
        report(&format!("penalty {name}"), term.value.clone().into_data());
    }
    gradients(bench, &format!("penalty {name}"), &model, &spec);
    Ok(())
}

fn moment() -> Moment {
    Moment::after_training(Seed::new(2))
}

fn gradients(bench: &Bench, item: &str, model: &Model, spec: &ObjectiveSpec) {
    let gradients = objective(model, examples(bench), None, spec, moment()).total.backward();
    let gradients = GradientsParams::from_grads(gradients, model);
    let mut all = Collected { gradients: Some(gradients), values: Vec::new() };
    model.visit(&mut all);
    report(&format!("{item}, gradients"), all.data());
}

fn ten_steps(bench: &Bench, item: &str, mut model: Model, spec: &ObjectiveSpec) {
    let mut optimiser: ModuleOptimizer = Sgd { momentum: 0.9, ..Sgd::default() }.into();
    for _ in 0..10 {
        let value = objective(&model, examples(bench), None, spec, moment());
        let gradients = GradientsParams::from_grads(value.total.backward(), &model);
        model = optimiser.step(1e-3, model, gradients).after_step(&value.seen);
    }
    let mut all = Collected { gradients: None, values: Vec::new() };
    model.visit(&mut all);
    report(&format!("{item}, ten steps"), all.data());
}

/// The values of all parameters one after the other, or those of their gradients.
struct Collected {
    gradients: Option<GradientsParams>,
    values: Vec<f64>,
}

impl Collected {
    fn data(self) -> TensorData {
        let count = self.values.len();
        TensorData::new(self.values, [count])
    }
}

impl ModuleVisitor for Collected {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let tensor = match &self.gradients {
            Some(gradients) => gradients.get::<D>(parameter.id),
            None => Some(parameter.val().inner()),
        };
        self.values
            .extend(tensor.iter().flat_map(|tensor| tensor.to_data().iter::<f64>().collect::<Vec<_>>()));
    }
}
