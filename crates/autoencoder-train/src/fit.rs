//! Training a model from start, or from where it was left, to its best epoch.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use autoencoder_core::{Autoencoder, DataError, Moment, Needs, Pass, Penalty, Seed, Source, device};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use burn::train::checkpoint::FileCheckpointer;
use burn::train::logger::InMemoryMetricLogger;
use burn::train::metric::state::NumericMetricState;
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::{Interrupter, Learner, LearningResult, SupervisedTraining};

use crate::epoch_end::{EpochEnd, OnEpoch, Patience};
use crate::metrics::{Divergence, Gauges, TermMetric, lock};
use crate::render::Silent;
use crate::schedule::Schedule;
use crate::trainee::{Purpose, Trainee};
use crate::{
    Checkpoints, EpochRecord, History, Loader, ObjectiveSpec, Order, TrainConfig, TrainError, objective,
};

/// How the training shows itself.
pub enum Display {
    /// Not at all.
    Quiet,
    /// A call with each epoch's record.
    Epochs(Box<dyn FnMut(&EpochRecord) + Send>),
    /// burn-train's dashboard, on the terminal.
    Dashboard,
}

/// Everything a training needs besides the model.
pub struct Fit {
    /// The `[train]` part of the configuration.
    pub config: TrainConfig,
    /// What is minimised.
    pub objective: ObjectiveSpec,
    /// The training part, scaled.
    pub train: Arc<dyn Source>,
    /// The validation part, scaled the same way; never corrupted.
    pub validation: Arc<dyn Source>,
    /// The run folder: `metrics.jsonl` and `checkpoints/` are written there.
    pub folder: PathBuf,
    /// Whether to continue from the folder's last complete checkpoint, if it has one.
    pub resume: bool,
    /// How the training shows itself.
    pub display: Display,
    /// Stops the training at the next step when asked to.
    pub interrupter: Interrupter,
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// After its last epoch.
    Finished,
    /// Because the validation loss no longer fell.
    Early,
    /// Because it was asked to.
    Interrupted,
}

/// A trained model.
#[derive(Debug)]
pub struct Fitted<A> {
    /// The model of the best epoch (without a complete epoch: as it was when interrupted), without
    /// autodiff.
    pub model: A,
    /// Every epoch of the run.
    pub history: History,
    /// The epoch whose model it is; `None` without a complete epoch.
    pub best_epoch: Option<usize>,
    /// How it ended.
    pub stopped: Stopped,
}

/// Trains `model`, saving a checkpoint and a line of metrics after each epoch, and returns the model
/// of the epoch with the least validation loss. The same configuration, data and seed give the same
/// bits, also when the run was killed on the way and resumed.
///
/// # Errors
/// [`TrainError`]: a configuration or data that do not fit, before the first step;
/// [`TrainError::Diverged`] at the first step whose objective is no finite number; files that cannot
/// be written.
pub fn fit<A: Autoencoder>(model: A, run: Fit) -> Result<Fitted<A>, TrainError> {
    run.config.check()?;
    check_data(&model, &run)?;
    let device = device::by_name(&run.config.device)?;
    let checkpoints = Checkpoints::new(run.folder.join("checkpoints"));
    checkpoints.create()?;
    let resumed = if run.resume { checkpoints.last() } else { None };
    checkpoints.remove_after(resumed.unwrap_or(0))?;
    let metrics_path = run.folder.join("metrics.jsonl");
    let history = match resumed {
        Some(epoch) => History::read(&metrics_path, epoch)?,
        None => History::default(),
    };
    history.write(&metrics_path)?;
    let history = Arc::new(Mutex::new(history));
    let patience = run.config.early_stopping.map(|config| Patience { config, history: Arc::clone(&history) });
    let already_out = patience.as_ref().is_some_and(Patience::is_out);

    let seed = Seed::new(run.config.seed).stream("train");
    let evaluation = ObjectiveSpec::evaluation(run.objective.loss);
    let purpose = Purpose {
        objective: run.objective,
        evaluation,
        seed,
        epochs: run.config.epochs,
        steps_per_epoch: run.train.len().div_ceil(run.config.batch_size),
    };
    let template = Trainee { model, purpose: Arc::new(purpose) };
    let learning_rate = run.config.optimizer.learning_rate();
    let mut partial = None;
    let mut interrupted = false;
    if resumed.unwrap_or(0) < run.config.epochs && !already_out {
        let terms = Terms::of(&template, run.train.as_ref(), &device)?;
        let training = Training {
            config: run.config.clone(),
            checkpoints: checkpoints.clone(),
            metrics_path,
            history: Arc::clone(&history),
            patience: patience.clone(),
            learning_rate,
            device,
            resumed,
            interrupter: run.interrupter,
            terms,
        };
        let result = training.launch(template.clone(), run.train, run.validation, run.display)?;
        interrupted = result.interrupted.is_some();
        partial = Some(result.model.model);
    }

    let history = lock(&history).clone();
    let best_epoch = history.best().map(|record| record.epoch);
    let model = match (best_epoch, partial) {
        (Some(epoch), _) => template.load_record(checkpoints.model(epoch)?).valid().model,
        (None, Some(partial)) => partial,
        (None, None) => template.valid().model,
    };
    let stopped = match patience {
        _ if interrupted => Stopped::Interrupted,
        Some(patience) if history.epochs.len() < run.config.epochs && patience.is_out() => Stopped::Early,
        _ => Stopped::Finished,
    };
    Ok(Fitted { model, history, best_epoch, stopped })
}

fn check_data<A: Autoencoder>(model: &A, run: &Fit) -> Result<(), TrainError> {
    for (part, source) in [("training", &run.train), ("validation", &run.validation)] {
        if source.is_empty() {
            return Err(
                DataError::Empty { part, remedy: "use more examples or another data.validation" }.into()
            );
        }
        if source.shape().features() != model.shape().features() {
            return Err(TrainError::WrongShape { part, model: *model.shape(), data: source.shape() });
        }
        run.objective.loss.check(source.as_ref())?;
    }
    Ok(())
}

/// The names of the objective's terms.
struct Terms {
    train: Vec<&'static str>,
    validation: Vec<&'static str>,
}

impl Terms {
    /// Found by evaluating the objective on one example: only the model knows its own terms, and
    /// whether it has what the penalties ask for.
    fn of<A: Autoencoder>(
        trainee: &Trainee<A>,
        source: &dyn Source,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let mut example = vec![0.0; source.shape().features()];
        source.rows(&[0], &mut example)?;
        let x = Tensor::<1>::from_data(example.as_slice(), device).unsqueeze::<2>();
        let model = trainee.model.valid().to_device(device);
        for penalty in &trainee.purpose.objective.penalties {
            check_needs(&model, penalty.as_ref(), &x)?;
        }
        let names = |spec| -> Vec<&'static str> {
            let moment = Moment::after_training(trainee.purpose.seed);
            let value = objective(&model, x.clone(), spec, moment);
            value.terms.iter().map(|term| term.name).collect()
        };
        Ok(Self { train: names(&trainee.purpose.objective), validation: names(&trainee.purpose.evaluation) })
    }
}

/// Refuses a penalty on something that the model does not have, found out on the example `x`.
fn check_needs<A: Autoencoder>(model: &A, penalty: &dyn Penalty, x: &Tensor<2>) -> Result<(), TrainError> {
    let (has, needs) = match penalty.needs() {
        Needs::Code => return Ok(()),
        Needs::Weights => (!model.encoder_weights().is_empty(), "weight matrices"),
        Needs::Jacobian => {
            let code = model.encode(x.clone());
            let moment = Moment::after_training(Seed::new(0));
            let pass = Pass { clean: x.clone(), input: x.clone(), code, output: x.clone(), moment };
            let has = model.squared_jacobian(&pass).is_some()
                || model.directional_derivative(x.clone(), x.clone()).is_some();
            (has, "the encoder's Jacobian or its directional derivative")
        }
        Needs::UnitCode => (
            model.code_is_in_unit_interval(),
            "code units in (0, 1): set model.code_activation = \"sigmoid\"",
        ),
    };
    if has { Ok(()) } else { Err(TrainError::PenaltyDoesNotFit { penalty: penalty.name(), needs }) }
}

struct Training {
    config: TrainConfig,
    checkpoints: Checkpoints,
    metrics_path: PathBuf,
    history: Arc<Mutex<History>>,
    patience: Option<Patience>,
    learning_rate: f64,
    device: Device,
    resumed: Option<usize>,
    interrupter: Interrupter,
    terms: Terms,
}

impl Training {
    fn launch<A: Autoencoder>(
        self,
        trainee: Trainee<A>,
        train: Arc<dyn Source>,
        validation: Arc<dyn Source>,
        display: Display,
    ) -> Result<LearningResult<Trainee<A>>, TrainError> {
        let gauges = Gauges::default();
        let failure = Arc::new(Mutex::new(None));
        let steps = train.len().div_ceil(self.config.batch_size) * self.config.epochs;
        let schedule =
            Schedule { config: self.config.schedule, learning_rate: self.learning_rate, steps, taken: 0 };
        let order = Order::Shuffled(Seed::new(self.config.seed));
        let first_epoch = self.resumed.unwrap_or(0) + 1;
        let loader = |source, order| {
            Arc::new(Loader::new(source, order, self.config.batch_size, first_epoch, self.device.clone()))
        };
        let (dashboard, on_epoch): (bool, Option<OnEpoch>) = match display {
            Display::Quiet => (false, None),
            Display::Epochs(on_epoch) => (false, Some(on_epoch)),
            Display::Dashboard => (true, None),
        };
        let epoch_end = EpochEnd {
            gauges: gauges.clone(),
            history: Arc::clone(&self.history),
            metrics_path: self.metrics_path.clone(),
            checkpoints: self.checkpoints.clone(),
            train_terms: self.terms.train.clone(),
            validation_terms: self.terms.validation.clone(),
            on_epoch,
            began: Instant::now(),
            interrupter: self.interrupter.clone(),
            failure: Arc::clone(&failure),
        };
        let [model, optimizer, scheduler] =
            Checkpoints::names().map(|name| FileCheckpointer::new(self.checkpoints.folder(), name));
        let mut training = SupervisedTraining::<Trainee<A>>::new(
            self.checkpoints.folder(),
            loader(train, order),
            loader(validation, Order::Sequential),
        )
        .num_epochs(self.config.epochs)
        .with_interrupter(self.interrupter.clone())
        .with_application_logger(None)
        .with_metric_logger(InMemoryMetricLogger::new())
        .with_custom_checkpointers(model, optimizer, scheduler)
        .with_checkpointing_strategy(epoch_end)
        .renderer(if dashboard {
            Box::new(TuiMetricsRendererWrapper::new(self.interrupter.clone(), self.resumed))
        } else {
            Box::new(Silent)
        });
        for (index, name) in self.metric_names(&self.terms.train) {
            training = training.metric_train_numeric(self.metric(name, index, &gauges, &gauges.train));
        }
        for (index, name) in self.metric_names(&self.terms.validation) {
            training = training.metric_valid_numeric(self.metric(name, index, &gauges, &gauges.validation));
        }
        if let Some(patience) = self.patience.clone() {
            training = training.early_stopping(patience);
        }
        if let Some(epoch) = self.resumed {
            training = training.checkpoint(epoch);
        }
        let trainee = trainee.train().fork(&self.device.clone().autodiff());
        let result = training.launch(Learner::new(trainee, self.config.optimizer.build(), schedule));

        if let Some(divergence) = lock(&gauges.divergence).take() {
            return Err(self.diverged(divergence));
        }
        if let Some(error) = lock(&failure).take() {
            return Err(error);
        }
        match &result.error {
            Some(error) => Err(TrainError::Stopped(error.to_string())),
            None => Ok(result),
        }
    }

    fn metric_names(&self, terms: &[&'static str]) -> Vec<(usize, &'static str)> {
        // With a single term the objective is that term.
        let shown = if terms.len() > 1 { terms } else { &[] };
        std::iter::once("objective").chain(shown.iter().copied()).enumerate().collect()
    }

    fn metric(
        &self,
        name: &str,
        index: usize,
        gauges: &Gauges,
        sums: &Arc<Mutex<crate::metrics::Sums>>,
    ) -> TermMetric {
        TermMetric {
            name: Arc::new(name.to_owned()),
            index,
            state: NumericMetricState::new(),
            sums: Arc::clone(sums),
            divergence: Arc::clone(&gauges.divergence),
            interrupter: self.interrupter.clone(),
        }
    }

    fn diverged(&self, divergence: Divergence) -> TrainError {
        let Divergence { epoch, step, index, value } = divergence;
        let term = match index.checked_sub(1) {
            Some(index) => self.terms.train.get(index).copied().unwrap_or("objective"),
            None => "objective",
        };
        let rate = self.learning_rate;
        let cause = if epoch == 1 && step == 1 {
            "the data or the initial weights overflow; scale the data (data.scaling) or check for huge values"
                .to_owned()
        } else {
            format!(
                "the steps are likely too long; lower train.optimizer.learning_rate (now {rate}), to {} say",
                rate / 10.0
            )
        };
        TrainError::Diverged { term: term.to_owned(), value, epoch, step, cause }
    }
}
