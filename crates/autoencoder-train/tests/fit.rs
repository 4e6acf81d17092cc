//! Training as a whole, on a model small enough to train in a blink.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::testing::Rows;
use autoencoder_core::{
    Autoencoder, Code, Corruption, ExampleShape, Facts, Loss, Pass, Penalty, Seed, SquaredError,
};
use autoencoder_train::{
    EarlyStopping, Fit, Fitted, Interrupter, ObjectiveSpec, OptimizerConfig, SgdConfig, Stopped, TrainConfig,
    TrainError, fit,
};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

/// `h = x W`, `x^ = h Wᵀ`.
#[derive(Module, Debug)]
struct Tied {
    weight: Param<Tensor<2>>,
    #[module(skip)]
    shape: ExampleShape,
}

impl Tied {
    fn new() -> Self {
        let weight = Tensor::from_data([[0.5], [-0.1], [0.2]], &Device::flex());
        Self { weight: Param::from_tensor(weight), shape: ExampleShape::Flat(3) }
    }

    fn values(&self) -> Vec<f32> {
        self.weight.val().into_data().iter().collect()
    }
}

impl Autoencoder for Tied {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        1
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        Code::new(x.matmul(self.weight.val()))
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        h.matmul(self.weight.val().transpose())
    }
}

impl Facts for Tied {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        vec![self.weight.val()]
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }
}

/// Replaces everything by zero: what was corrupted cannot be mistaken.
struct Nothing;

impl Corruption for Nothing {
    fn name(&self) -> &'static str {
        "nothing"
    }

    fn corrupt(&self, x: Tensor<2>, _seed: Seed) -> Tensor<2> {
        x.zeros_like()
    }
}

/// Always one.
struct One;

impl Penalty for One {
    fn name(&self) -> &'static str {
        "one"
    }

    fn needs(&self) -> autoencoder_core::Needs {
        autoencoder_core::Needs::Code
    }

    fn term(&self, _model: &dyn Facts, pass: &Pass) -> Tensor<1> {
        Tensor::ones([1], &pass.clean.device())
    }

    fn weight(&self, _progress: f64) -> f64 {
        0.25
    }
}

const LOSS: Loss = Loss::SquaredError(SquaredError { output: autoencoder_core::OutputActivation::Identity });

/// Points near the line through (3, 2, 1).
fn points(count: usize) -> Rows {
    let point = |i: usize| {
        let (along, off) = ((i as f32 * 0.7).sin(), 0.1 * (i as f32 * 1.3).cos());
        [0.8 * along + off, 0.53 * along - off, 0.27 * along]
    };
    Rows::new(3, (0..count).flat_map(point).collect())
}

fn plan(folder: &Path, epochs: usize) -> Fit {
    Fit {
        config: TrainConfig { epochs, batch_size: 16, ..TrainConfig::default() },
        objective: ObjectiveSpec::evaluation(LOSS),
        train: Arc::new(points(100)),
        validation: Arc::new(points(30)),
        folder: folder.to_owned(),
        resume: false,
        display: autoencoder_train::Display::Quiet,
        interrupter: Interrupter::new(),
    }
}

fn sgd(learning_rate: f64) -> OptimizerConfig {
    OptimizerConfig::Sgd(SgdConfig { learning_rate, momentum: 0.0, nesterov: false })
}

fn train(plan: Fit) -> Fitted<Tied> {
    fit(Tied::new(), plan).expect("trained")
}

#[test]
fn a_linear_autoencoder_finds_the_line_and_every_epoch_is_on_record() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut plan = plan(folder.path(), 40);
    plan.config.optimizer = sgd(0.2);
    let Fitted { model, history, best_epoch, stopped } = train(plan);
    let weight = model.values();
    // Tied and linear, the best weight is the unit vector along the line, either way round.
    let along = (weight[0] * 0.8 + weight[1] * 0.53 + weight[2] * 0.27).abs();
    assert!((along - 1.0).abs() < 0.01, "{weight:?}");
    assert_eq!((history.epochs.len(), stopped), (40, Stopped::Finished));
    assert_eq!(history.epochs[39].steps, 7);
    let losses: Vec<f64> = history.epochs.iter().map(|record| record.validation_loss()).collect();
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(losses[best_epoch.expect("an epoch") - 1], least);
    let lines = std::fs::read_to_string(folder.path().join("metrics.jsonl")).expect("metrics");
    assert_eq!(lines.lines().count(), 40);
}

#[test]
fn a_run_that_was_interrupted_ends_with_the_bits_of_an_undisturbed_one() {
    let [whole, parts] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let expected = train(plan(whole.path(), 6));

    let mut first = plan(parts.path(), 6);
    let interrupter = first.interrupter.clone();
    first.display = autoencoder_train::Display::Epochs(Box::new(move |record| {
        if record.epoch == 3 {
            interrupter.stop(Some("test"));
        }
    }));
    let interrupted = train(first);
    assert_eq!(interrupted.stopped, Stopped::Interrupted);
    assert!(interrupted.history.epochs.len() < 6);
    assert_ne!(interrupted.model.values(), expected.model.values());

    let resumed = train(Fit { resume: true, ..plan(parts.path(), 6) });
    assert_eq!(resumed.model.values(), expected.model.values());
    assert_eq!(resumed.best_epoch, expected.best_epoch);
    let losses = |fitted: &Fitted<Tied>| {
        fitted.history.epochs.iter().map(|r| (r.epoch, r.validation_loss())).collect::<Vec<_>>()
    };
    assert_eq!(losses(&resumed), losses(&expected));
}

#[test]
fn the_seed_decides_the_bits() {
    let model = |seed| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut plan = plan(folder.path(), 2);
        plan.config.seed = seed;
        train(plan).model.values()
    };
    assert_eq!(model(1), model(1));
    assert_ne!(model(1), model(2));
}

#[test]
fn corruption_and_penalties_are_for_training_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut plan = plan(folder.path(), 1);
    plan.config.optimizer = sgd(1e-12);
    plan.validation = Arc::new(points(100));
    plan.objective =
        ObjectiveSpec { loss: LOSS, corruption: Some(Box::new(Nothing)), penalties: vec![Box::new(One)] };
    let record = train(plan).history.epochs.remove(0);
    let mut values = vec![0.0; 300];
    autoencoder_core::Source::rows(&points(100), &(0..100).collect::<Vec<_>>(), &mut values).expect("rows");
    let squares = values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / 100.0;
    // From nothing the model makes nothing, and is compared with the clean examples.
    assert!((record.train["reconstruction"] - squares).abs() < 1e-5);
    assert!((record.train["one"] - 0.25).abs() < 1e-9);
    assert!((record.train["objective"] - squares - 0.25).abs() < 1e-5);
    assert!((record.validation["objective"] - squares).abs() > 1e-3);
    assert!(!record.validation.contains_key("one"));
}

/// Asks for what the model above does not have.
struct OfJacobian;

impl Penalty for OfJacobian {
    fn name(&self) -> &'static str {
        "of-jacobian"
    }

    fn needs(&self) -> autoencoder_core::Needs {
        autoencoder_core::Needs::Jacobian
    }

    fn term(&self, model: &dyn Facts, pass: &Pass) -> Tensor<1> {
        model.squared_jacobian(pass).expect("asked for").mean()
    }

    fn weight(&self, _progress: f64) -> f64 {
        1.0
    }
}

#[test]
fn a_penalty_on_what_the_model_lacks_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut plan = plan(folder.path(), 1);
    plan.objective.penalties.push(Box::new(OfJacobian));
    let error = fit(Tied::new(), plan).expect_err("refused").to_string();
    assert!(
        error.contains("of-jacobian")
            && error.contains("directional derivative, which this model does not have"),
        "{error}"
    );
}

#[test]
fn early_stopping_stops_once_patience_is_out() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut plan = plan(folder.path(), 50);
    plan.config.optimizer = sgd(1e-9);
    plan.config.early_stopping = Some(EarlyStopping { patience: 3, min_improvement: 0.5 });
    let fitted = train(plan);
    assert_eq!((fitted.stopped, fitted.history.epochs.len()), (Stopped::Early, 4));
}

#[test]
fn an_objective_that_is_no_number_stops_the_run_and_names_the_step() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut plan = plan(folder.path(), 50);
    plan.config.optimizer = sgd(1e6);
    let error = fit(Tied::new(), plan).expect_err("diverged");
    assert!(matches!(error, TrainError::Diverged { epoch: 1, step: 2.., .. }), "{error}");
    for part in ["reconstruction", "epoch 1, step", "train.optimizer.learning_rate"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn what_does_not_fit_is_refused_before_the_first_step() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let wide = Fit { train: Arc::new(Rows::new(4, vec![0.0; 8])), ..plan(folder.path(), 1) };
    assert!(matches!(fit(Tied::new(), wide), Err(TrainError::WrongShape { part: "training", .. })));
    let empty = Fit { validation: Arc::new(Rows::new(3, Vec::new())), ..plan(folder.path(), 1) };
    assert!(fit(Tied::new(), empty).expect_err("empty").to_string().contains("validation"));
    assert!(!folder.path().join("metrics.jsonl").exists());
}
