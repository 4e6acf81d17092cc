//! Training as a whole, on a model small enough to train in a blink.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use autoencoder_core::testing::Rows;
use autoencoder_core::{
    Autoencoder, Code, Corruption, ExampleShape, Facts, Loss, Pass, Penalty, Seed, SquaredError,
};
use autoencoder_train::{
    Checkpoints, EarlyStopping, Emphasis, Fit, Fitted, ObjectiveSpec, OptimizerConfig, Precision,
    Reconstruction, ScheduleConfig, Select, SgdConfig, Start, Stopped, TrainConfig, TrainError, fit,
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

/// Changes nothing, and keeps the greatest number of examples it was given at once.
struct Largest(Arc<AtomicUsize>);

impl Corruption for Largest {
    fn name(&self) -> &'static str {
        "largest"
    }

    fn corrupt(&self, x: Tensor<2>, _seed: Seed) -> Tensor<2> {
        self.0.fetch_max(x.dims()[0], Ordering::Relaxed);
        x
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

fn plan<A>(folder: &Path, epochs: usize) -> Fit<'static, A> {
    let goal = Reconstruction::new(ObjectiveSpec::plain(LOSS), Select::Validation);
    let config = TrainConfig { epochs, batch_size: 16, ..TrainConfig::default() };
    Fit { config, ..Fit::new(goal, Arc::new(points(100)), Arc::new(points(30)), folder) }
}

fn sgd(learning_rate: f64) -> OptimizerConfig {
    OptimizerConfig::Sgd(SgdConfig { learning_rate, momentum: 0.0, nesterov: false })
}

fn train(plan: Fit<'_, Tied>) -> Fitted<Tied> {
    fit(Tied::new(), plan).expect("trained")
}

#[test]
fn a_linear_autoencoder_finds_the_line_and_every_epoch_is_on_record() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut plan = plan(folder.path(), 40);
    plan.config.optimizer = sgd(0.2);
    plan.config.passes = 2;
    let Fitted { model, history, best_epoch, stopped } = train(plan);
    let weight = model.values();
    // Tied and linear, the best weight is the unit vector along the line, either way round.
    let along = (weight[0] * 0.8 + weight[1] * 0.53 + weight[2] * 0.27).abs();
    assert!((along - 1.0).abs() < 0.01, "{weight:?}");
    assert_eq!((history.epochs.len(), stopped), (40, Stopped::Finished));
    assert_eq!(history.epochs[39].steps, 13);
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
            interrupter.stop();
        }
    }));
    let interrupted = train(first);
    assert_eq!(interrupted.stopped, Stopped::Interrupted);
    assert!(interrupted.history.epochs.len() < 6);
    assert_ne!(interrupted.model.values(), expected.model.values());

    let resumed = train(Fit { start: Start::Resumed, ..plan(parts.path(), 6) });
    assert_eq!(resumed.model.values(), expected.model.values());
    assert_eq!(resumed.best_epoch, expected.best_epoch);
    let losses = |fitted: &Fitted<Tied>| {
        fitted.history.epochs.iter().map(|r| (r.epoch, r.validation_loss())).collect::<Vec<_>>()
    };
    assert_eq!(losses(&resumed), losses(&expected));
}

#[test]
fn a_start_that_no_epoch_betters_is_what_the_run_ends_with() {
    let counted = |validation: &Rows, resume_at: Option<usize>| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let of = |epochs, start| {
            let mut plan = plan(folder.path(), epochs);
            plan.config.optimizer = sgd(0.1);
            plan.config.schedule = ScheduleConfig::Constant(Default::default());
            plan.validation = Arc::new(validation.clone());
            plan.config.count_start = Some(true);
            Fit { start, ..plan }
        };
        if let Some(epochs) = resume_at {
            train(of(epochs, Start::New));
        }
        let fitted = train(of(4, Start::Resumed));
        let lines = std::fs::read_to_string(folder.path().join("metrics.jsonl")).expect("metrics");
        assert_eq!(lines.lines().count(), 5, "the start has a line");
        (fitted.best_epoch, fitted.model.values())
    };
    // No model has a smaller error on nothing.
    let nothing = Rows::new(3, vec![0.0; 90]);
    let (best, model) = counted(&nothing, None);
    assert_eq!((best, model), (Some(0), Tied::new().values()));
    assert_eq!(counted(&nothing, Some(2)).0, Some(0));
    let better = counted(&points(30), None);
    assert_eq!(better.0, Some(4));
    assert_eq!(counted(&points(30), Some(2)), better);
}

#[test]
fn no_epoch_begins_after_the_time_is_over() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut plan = plan(folder.path(), 50);
    plan.config.max_seconds = Some(1e-9);
    let fitted = train(plan);
    assert_eq!((fitted.stopped, fitted.history.epochs.len()), (Stopped::OutOfTime, 1));
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
    plan.goal.objective = ObjectiveSpec {
        loss: LOSS,
        corruption: Some(Arc::new(Nothing)),
        emphasis: None,
        penalties: vec![Arc::new(One), Arc::new(One)],
        precision: Precision::F32,
    };
    let record = train(plan).history.epochs.remove(0);
    let mut values = vec![0.0; 300];
    autoencoder_core::Source::rows(&points(100), &(0..100).collect::<Vec<_>>(), &mut values).expect("rows");
    let squares = values.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / 100.0;
    // From nothing the model makes nothing, and is compared with the clean examples.
    assert!((record.train["reconstruction"] - squares).abs() < 1e-5);
    // Two penalties of one kind have a line each.
    assert!((record.train["one"] - 0.25).abs() < 1e-9);
    assert!((record.train["one-2"] - 0.25).abs() < 1e-9);
    assert!((record.train["objective"] - squares - 0.5).abs() < 1e-5);
    assert!((record.validation["objective"] - squares).abs() > 1e-3);
    assert!(!record.validation.contains_key("one"));
}

#[test]
fn a_batch_in_parts_takes_the_same_steps_with_fewer_examples_at_once() {
    let trained = |accumulation, batch_size| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut plan = plan(folder.path(), 5);
        plan.config = TrainConfig {
            optimizer: sgd(0.1),
            accumulation,
            batch_size,
            select: Select::Last,
            ..plan.config
        };
        let largest = Arc::new(AtomicUsize::new(0));
        plan.goal.objective.corruption = Some(Arc::new(Largest(Arc::clone(&largest))));
        let Fitted { model, history, .. } = train(plan);
        (model.values(), history.epochs[4].train["reconstruction"], largest.load(Ordering::Relaxed))
    };
    let (whole, loss, most) = trained(1, 16);
    assert_eq!(most, 16);
    let near = |weights: &[f32]| weights.iter().zip(&whole).all(|(a, b)| (a - b).abs() < 1e-5);
    for (parts, expected) in [(2, 8), (3, 6), (100, 1)] {
        let (weights, loss_in_parts, most) = trained(parts, 16);
        assert_eq!(most, expected);
        assert!(near(&weights), "{parts}: {weights:?} and {whole:?}");
        assert!((loss - loss_in_parts).abs() < 1e-6);
    }
    assert!(!near(&trained(1, 8).0), "smaller batches take other steps");
}

#[test]
fn devices_that_share_a_batch_take_the_steps_of_one() {
    let trained = |device: &str, accumulation| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut plan = plan(folder.path(), 3);
        let device = device.parse().expect(device);
        plan.config = TrainConfig { accumulation, device, select: Select::Last, ..plan.config };
        let largest = Arc::new(AtomicUsize::new(0));
        plan.goal.objective.corruption = Some(Arc::new(Largest(Arc::clone(&largest))));
        (train(plan).model.values(), largest.load(Ordering::Relaxed))
    };
    // Three epochs of seven steps each.
    let (alone, _) = trained("flex", 1);
    for (device, accumulation, expected) in [("flex,flex", 1, 8), ("flex,flex,flex", 2, 3)] {
        let (together, most) = trained(device, accumulation);
        assert_eq!(most, expected);
        assert!(alone.iter().zip(&together).all(|(a, b)| (a - b).abs() < 1e-5), "{alone:?} {together:?}");
    }
}

#[test]
fn emphasis_weighs_the_corrupted_components_in_training_alone() {
    let reconstruction = |emphasis| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut plan = plan(folder.path(), 1);
        plan.config.optimizer = sgd(1e-12);
        let corruption: Option<Arc<dyn Corruption>> = Some(Arc::new(Nothing));
        plan.goal.objective = ObjectiveSpec { corruption, emphasis, ..ObjectiveSpec::plain(LOSS) };
        let record = train(plan).history.epochs.remove(0);
        (record.train["reconstruction"], record.validation["reconstruction"])
    };
    // Every component of these points is changed to 0.
    let (plain, validation) = reconstruction(None);
    let (weighed, same) = reconstruction(Some(Emphasis { corrupted: 3.0, clean: 0.5 }));
    assert!((weighed - 3.0 * plain).abs() < 1e-5 * plain, "{weighed} {plain}");
    assert_eq!(same, validation);
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
    let mut plan = plan::<Tied>(folder.path(), 1);
    plan.goal.objective.penalties.push(Arc::new(OfJacobian));
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
    let mut plan = plan::<Tied>(folder.path(), 50);
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
    let wide: Fit<'_, Tied> = Fit { train: Arc::new(Rows::new(4, vec![0.0; 8])), ..plan(folder.path(), 1) };
    assert!(matches!(fit(Tied::new(), wide), Err(TrainError::WrongShape { part: "training", .. })));
    let empty: Fit<'_, Tied> =
        Fit { validation: Arc::new(Rows::new(3, Vec::new())), ..plan(folder.path(), 1) };
    assert!(fit(Tied::new(), empty).expect_err("empty").to_string().contains("validation"));
    assert!(!folder.path().join("metrics.jsonl").exists());
}

#[test]
fn the_model_of_every_better_epoch_is_kept_while_the_training_goes_on() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut kept = Vec::new();
    let fitted = {
        let mut plan = plan::<Tied>(folder.path(), 8);
        plan.config.optimizer = sgd(0.05);
        plan.keep.save = Box::new(|model, epoch| {
            kept.push((epoch, model.values()));
            Ok(())
        });
        train(plan)
    };
    let (epoch, values) = kept.last().expect("a model").clone();
    assert!(kept.len() > 1);
    assert_eq!((Some(epoch), values), (fitted.best_epoch, fitted.model.values()));
}

#[test]
fn a_damaged_checkpoint_is_passed_over_for_the_one_before() {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a temporary folder"));
    let expected = train(plan(folders[0].path(), 4));
    train(plan(folders[1].path(), 4));
    let checkpoints = folders[1].path().join("checkpoints");
    std::fs::write(checkpoints.join("optimizer-4.bpk"), b"half").expect("written");
    let resumed = train(Fit { start: Start::Resumed, ..plan(folders[1].path(), 4) });
    assert_eq!(resumed.model.values(), expected.model.values());
    assert_eq!(Checkpoints::new(&checkpoints).last(), Some(4));

    for entry in std::fs::read_dir(&checkpoints).expect("checkpoints").flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "bpk") {
            std::fs::write(entry.path(), b"half").expect("written");
        }
    }
    let error =
        fit(Tied::new(), Fit { start: Start::Resumed, ..plan(folders[1].path(), 4) }).expect_err("damaged");
    assert!(matches!(error, TrainError::Checkpoint { .. }), "{error}");
}

/// A penalty whose weight reaches its end after half of the training.
struct Ramped;

impl Penalty for Ramped {
    fn name(&self) -> &'static str {
        "ramped"
    }

    fn needs(&self) -> autoencoder_core::Needs {
        autoencoder_core::Needs::Code
    }

    fn term(&self, model: &dyn Facts, _pass: &Pass) -> Tensor<1> {
        let weight = model.encoder_weights().remove(0);
        (weight.clone() * weight).sum()
    }

    fn weight(&self, progress: f64) -> f64 {
        (2.0 * progress).min(1.0)
    }

    fn settled(&self) -> f64 {
        0.5
    }
}

#[test]
fn which_epoch_is_kept_is_a_choice_and_no_weight_on_a_schedule_is_undone() {
    let best = |select, penalty: Option<Arc<dyn Penalty>>| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut plan = plan(folder.path(), 10);
        plan.config.optimizer = sgd(0.2);
        plan.config.select = select;
        plan.goal.objective.penalties.extend(penalty);
        if select == Select::Objective {
            plan.goal.evaluation.penalties.push(Arc::new(Ramped));
        }
        let fitted = train(plan);
        let epoch = fitted.best_epoch.expect("an epoch");
        (epoch, fitted.history.epochs[0].validation.contains_key("ramped"))
    };
    // The penalty draws the weights to zero, so the loss alone is least before it acts.
    assert_eq!(best(Select::Validation, Some(Arc::new(Ramped))), (5, false));
    assert_eq!(best(Select::Last, Some(Arc::new(Ramped))), (10, false));
    let (epoch, measured) = best(Select::Objective, Some(Arc::new(Ramped)));
    assert!(epoch > 5 && measured, "{epoch}");
}

/// Notes the seed and the progress of every step.
struct Notes(Arc<std::sync::Mutex<Vec<(u64, f64)>>>);

impl Penalty for Notes {
    fn name(&self) -> &'static str {
        "notes"
    }

    fn needs(&self) -> autoencoder_core::Needs {
        autoencoder_core::Needs::Code
    }

    fn term(&self, _model: &dyn Facts, pass: &Pass) -> Tensor<1> {
        let moment = pass.moment;
        self.0.lock().expect("a list").push((moment.seed.value(), moment.progress));
        Tensor::zeros([1], &pass.clean.device())
    }

    fn weight(&self, _progress: f64) -> f64 {
        1.0
    }
}

#[test]
fn every_step_has_a_seed_of_its_own_and_knows_how_far_the_training_is() {
    let notes = Arc::new(std::sync::Mutex::new(Vec::new()));
    let run = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut plan = plan(folder.path(), 3);
        plan.goal.objective.penalties.push(Arc::new(Notes(Arc::clone(&notes))));
        train(plan);
        std::mem::take(&mut *notes.lock().expect("a list"))
    };
    let first = run();
    assert_eq!(first, run());
    let seeds: std::collections::HashSet<u64> = first.iter().map(|(seed, _)| *seed).collect();
    assert_eq!(seeds.len(), 21);
    let progress: Vec<f64> = first.iter().map(|(_, progress)| *progress).collect();
    let expected: Vec<f64> = (0..21).map(|step| f64::from(step) / 21.0).collect();
    assert_eq!(progress, expected);
}

/// A model whose code is a posterior, and which counts the optimiser's steps in what it does after each.
#[derive(Module, Debug)]
struct Sampled {
    weight: Param<Tensor<2>>,
    #[module(skip)]
    shape: ExampleShape,
    #[module(skip)]
    steps: usize,
}

impl Autoencoder for Sampled {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        1
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        let mean = x.matmul(self.weight.val());
        // So wide a posterior that a sample is never near its mean.
        let log_variance = mean.ones_like().mul_scalar(10.0);
        let posterior = autoencoder_core::DiagonalGaussian { mean: mean.clone(), log_variance };
        Code { h: mean, pre_activation: None, posterior: Some(posterior) }
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        h.matmul(self.weight.val().transpose())
    }

    fn after_step(self, _seen: &autoencoder_core::Seen) -> Self {
        Self { steps: self.steps + 1, ..self }
    }
}

impl Facts for Sampled {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }
}

#[test]
fn posteriors_are_sampled_in_training_and_models_are_called_after_each_step() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Tied { weight, shape } = Tied::new();
    let mut plan = plan(folder.path(), 1);
    plan.config.optimizer = sgd(1e-12);
    plan.config.select = Select::Last;
    let mut steps = 0;
    plan.keep.save = Box::new(|model: &Sampled, _| {
        steps = model.steps;
        Ok(())
    });
    let fitted = fit(Sampled { weight, shape, steps: 0 }, plan).expect("trained");
    assert_eq!(steps, 7);
    let loss = fitted.history.epochs[0].train["reconstruction"];
    // The variance of the noise through the decoder is exp(10) |w|².
    assert!(loss > 1000.0, "{loss}");
}
