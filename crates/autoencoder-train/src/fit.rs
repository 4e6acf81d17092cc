//! Training a model from start, or from where it was left, to its best epoch.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use autoencoder_core::{Seed, Source, files};
use burn::module::Module;
use burn::optim::ModuleOptimizer;
use burn::tensor::Device;

use crate::dashboard::Dashboard;
use crate::pass::Run;
use crate::step::optimizer_of;
use crate::{
    Checkpoints, EpochRecord, Goal, History, Interrupter, Loader, Order, Reconstruction, Select, TrainConfig,
    TrainError,
};

/// How the training shows itself.
pub enum Display {
    /// Not at all.
    Quiet,
    /// A call with each epoch's record.
    Epochs(Box<dyn FnMut(&EpochRecord) + Send>),
    /// burn-train's dashboard, on the terminal.
    #[cfg(feature = "dashboard")]
    Dashboard,
}

/// Where the model of each epoch that is better than all before it goes, so that it is at hand whatever happens to the
/// training.
pub struct Keep<'a, M> {
    /// Called with such a model and its epoch.
    pub save: Save<'a, M>,
    /// The model of that epoch as it was saved, read into one of the same architecture; `None` where there is none.
    pub load: Box<dyn Fn(M, usize) -> Option<M> + 'a>,
}

/// See [`Keep`].
pub type Save<'a, M> = Box<dyn FnMut(&M, usize) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a>;

impl<M> Keep<'_, M> {
    /// Nowhere.
    pub fn nowhere() -> Self {
        Self { save: Box::new(|_, _| Ok(())), load: Box::new(|_, _| None) }
    }
}

/// Everything a training needs besides the model.
pub struct Fit<'a, M, G = Reconstruction> {
    /// The `[train]` part of the configuration.
    pub config: TrainConfig,
    /// What is minimised, and what is chosen by.
    pub goal: G,
    /// The training part, scaled.
    pub train: Arc<dyn Source>,
    /// The validation part, scaled the same way; never corrupted.
    pub validation: Arc<dyn Source>,
    /// The run folder: `metrics.jsonl` and `checkpoints/` are written there.
    pub folder: PathBuf,
    /// Where it begins.
    pub start: Start,
    /// How the training shows itself.
    pub display: Display,
    /// Stops the training at the next step when asked to.
    pub interrupter: Interrupter,
    /// Called once, when everything has been found to fit and the first step is about to be taken.
    pub begun: Box<dyn FnOnce() + 'a>,
    /// What to do with a model that is better than all before.
    pub keep: Keep<'a, M>,
}

impl<M, G> Fit<'_, M, G> {
    /// A new training at the defaults, which shows nothing, is stopped by nobody, and keeps no model beside its
    /// checkpoints.
    pub fn new(
        goal: G,
        train: Arc<dyn Source>,
        validation: Arc<dyn Source>,
        folder: impl Into<PathBuf>,
    ) -> Self {
        Self {
            config: TrainConfig::default(),
            goal,
            train,
            validation,
            folder: folder.into(),
            start: Start::New,
            display: Display::Quiet,
            interrupter: Interrupter::new(),
            begun: Box::new(|| ()),
            keep: Keep::nowhere(),
        }
    }
}

/// Where a training begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// At its first epoch, whatever lies in its folder.
    #[default]
    New,
    /// After the last whole checkpoint in its folder, if there is one.
    Resumed,
}

/// How a training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// After its last epoch.
    Finished,
    /// Because the validation loss no longer fell.
    Early,
    /// Because it had taken as long as it may.
    OutOfTime,
    /// Because it was asked to.
    Interrupted,
}

/// A trained model.
#[derive(Debug)]
pub struct Fitted<M> {
    /// The model of the best epoch (without a complete epoch: as it was when interrupted), without
    /// autodiff.
    pub model: M,
    /// Every epoch of the run.
    pub history: History,
    /// The epoch whose model it is; `None` without a complete epoch.
    pub best_epoch: Option<usize>,
    /// How it ended.
    pub stopped: Stopped,
}

/// Trains `model`, saving a checkpoint and a line of metrics after each epoch, and returns the model
/// of the best epoch. The same configuration, data and seed give the same bits, also when the run was
/// killed on the way and resumed.
///
/// # Errors
/// [`TrainError`]: a configuration or data that do not fit, before the first step;
/// [`TrainError::Diverged`] where the objective is no finite number; files that cannot be written, or
/// checkpoints of which none is whole.
pub fn fit<M: Module, G: Goal<M>>(model: M, run: Fit<'_, M, G>) -> Result<Fitted<M>, TrainError> {
    run.config.check()?;
    for own in run.goal.rounds().iter().filter_map(|round| round.optimizer) {
        own.check()?;
    }
    for (part, source) in [("training", &run.train), ("validation", &run.validation)] {
        run.goal.check(&model, part, source.as_ref())?;
    }
    Training::open(model, run)?.run()
}

/// A training between two epochs.
struct Training<'a, M, G> {
    run: Fit<'a, M, G>,
    device: Device,
    /// Those that share the steps, [`Self::device`] first.
    devices: Vec<Device>,
    /// With autodiff.
    model: M,
    optimizer: ModuleOptimizer,
    checkpoints: Checkpoints,
    history: History,
    metrics_path: PathBuf,
    /// The first epoch that may be the best one.
    settled: usize,
}

impl<'a, M: Module, G: Goal<M>> Training<'a, M, G> {
    fn open(model: M, run: Fit<'a, M, G>) -> Result<Self, TrainError> {
        let devices = run.config.device.open()?;
        let device = devices[0].clone();
        let checkpoints = Checkpoints::new(run.folder.join("checkpoints"));
        checkpoints.create()?;
        files::remove_unfinished(&run.folder)
            .map_err(|source| TrainError::Unwritable { path: run.folder.clone(), source })?;
        let metrics_path = run.folder.join("metrics.jsonl");
        let settled = run.goal.settled(&model);
        let mut training = Self {
            settled: (settled * run.config.epochs as f64).ceil() as usize,
            model: model.train().fork(&device.clone().autodiff()),
            optimizer: optimizer_of(&run.config.optimizer, &run.goal.rounds()),
            history: History::default(),
            device,
            devices,
            checkpoints,
            metrics_path,
            run,
        };
        if training.run.start == Start::Resumed {
            training.restore()?;
        }
        let last = training.history.epochs.len();
        training.checkpoints.remove(|epoch| epoch <= last)?;
        training.history.write(&training.metrics_path)?;
        Ok(training)
    }

    /// Continues after the last epoch that is whole: a damaged one is trained again.
    fn restore(&mut self) -> Result<(), TrainError> {
        let mut first_error = None;
        for epoch in self.checkpoints.complete().into_iter().rev() {
            let model = self.checkpoints.model(epoch, self.model.clone());
            let optimizer = self.checkpoints.optimizer(epoch, self.optimizer_at_start());
            match (model, optimizer) {
                (Ok(model), Ok(optimizer)) => {
                    self.history = self.checkpoints.history(&self.metrics_path, Some(epoch))?;
                    if self.history.epochs.len() == epoch
                        && self.counts_start() == self.history.start.is_some()
                    {
                        (self.model, self.optimizer) = (model, optimizer);
                        return self.restore_best();
                    }
                    let message = "metrics.jsonl lacks its line".to_owned();
                    let path = self.metrics_path.clone();
                    first_error.get_or_insert(TrainError::Checkpoint { path, message });
                }
                (Err(error), _) | (_, Err(error)) => _ = first_error.get_or_insert(error),
            }
        }
        self.history = History::default();
        first_error.map_or(Ok(()), Err)
    }

    /// Sees to it that the checkpoint of the best epoch is whole before further epochs are trained: the model that was kept
    /// takes the place of a damaged one.
    fn restore_best(&self) -> Result<(), TrainError> {
        let Some(best) = self.best() else { return Ok(()) };
        let template = self.model.valid();
        let Err(error) = self.checkpoints.model(best, template.clone()) else { return Ok(()) };
        match (self.run.keep.load)(template, best) {
            Some(model) => self.checkpoints.repair(best, model),
            None => Err(error),
        }
    }

    fn run(mut self) -> Result<Fitted<M>, TrainError> {
        std::mem::replace(&mut self.run.begun, Box::new(|| ()))();
        let seed = Seed::new(self.run.config.seed);
        let (batch_size, device) = (self.run.config.batch_size, &self.device);
        let train = Loader::new(self.run.train.clone(), Order::Shuffled(seed), batch_size, device.clone())
            .with_passes(self.run.config.passes);
        let validation =
            Loader::new(self.run.validation.clone(), Order::Sequential, batch_size, device.clone());
        let epochs = self.run.config.epochs;
        let first = self.history.epochs.len() + 1;
        let mut stopped = self.stops();
        let mut dashboard = self.dashboard(first)?;
        let listening = self.run.interrupter.clone().listen();
        if self.counts_start() && self.history.start.is_none() && !self.start(&train, &validation, seed)? {
            stopped = Stopped::Interrupted;
        }
        let mut epoch = first;
        while epoch <= epochs && stopped == Stopped::Finished {
            stopped = match self.epoch(epoch, [&train, &validation], seed, &mut dashboard)? {
                false => Stopped::Interrupted,
                true if epoch < epochs => self.stops(),
                true => Stopped::Finished,
            };
            epoch += 1;
        }
        drop((dashboard, listening));
        self.finish(stopped)
    }

    /// Measures and keeps the model before its first step; `false` where it was interrupted.
    fn start(&mut self, train: &Loader, validation: &Loader, seed: Seed) -> Result<bool, TrainError> {
        let began = Instant::now();
        let run = self.passes(train, validation, seed);
        let Some(validation) = run.validate(&self.model.valid(), 0, &mut None)? else { return Ok(false) };
        self.history.start = Some(EpochRecord {
            epoch: 0,
            steps: 0,
            learning_rate: 0.0,
            seconds: began.elapsed().as_secs_f64(),
            train: BTreeMap::new(),
            validation,
        });
        self.keep(0)?;
        Ok(true)
    }

    /// The optimiser before its first step.
    fn optimizer_at_start(&self) -> ModuleOptimizer {
        optimizer_of(&self.run.config.optimizer, &self.run.goal.rounds())
    }

    fn passes<'b>(&'b self, train: &'b Loader, validation: &'b Loader, seed: Seed) -> Run<'b, G> {
        Run {
            train,
            validation,
            goal: &self.run.goal,
            schedule: self.run.config.schedule,
            learning_rate: self.run.config.optimizer.learning_rate(),
            clip: self.run.config.clip,
            epochs: self.run.config.epochs,
            accumulation: self.run.config.accumulation,
            devices: &self.devices,
            seed: seed.stream("train"),
            interrupter: &self.run.interrupter,
        }
    }

    /// Trains one epoch and keeps it; `false` where it was interrupted.
    fn epoch(
        &mut self,
        epoch: usize,
        [train, validation]: [&Loader; 2],
        seed: Seed,
        dashboard: &mut Option<Dashboard>,
    ) -> Result<bool, TrainError> {
        let began = Instant::now();
        // Lent, not cloned: its state is changed in place only as long as nobody else holds it.
        let unused = self.optimizer_at_start();
        let mut optimizer = std::mem::replace(&mut self.optimizer, unused);
        let run = self.passes(train, validation, seed);
        let (model, means) = run.train(self.model.clone(), &mut optimizer, epoch, dashboard)?;
        let validation = match &means {
            Some(_) => run.validate(&model.valid(), epoch, dashboard)?,
            None => None,
        };
        (self.model, self.optimizer) = (model, optimizer);
        let (Some(means), Some(validation)) = (means, validation) else { return Ok(false) };
        self.history.epochs.push(EpochRecord {
            epoch,
            steps: train.steps(),
            learning_rate: means.learning_rate,
            seconds: began.elapsed().as_secs_f64(),
            train: means.values,
            validation,
        });
        self.keep(epoch)?;
        Ok(true)
    }

    /// Writes what an epoch left: its record, then its checkpoint, then, if it is the best so far, its
    /// model. What is no longer needed goes last.
    fn keep(&mut self, epoch: usize) -> Result<(), TrainError> {
        // Resuming drops a record without a checkpoint; a checkpoint without a record would be lost.
        let metrics = self.history.write(&self.metrics_path)?;
        self.checkpoints.save(epoch, self.model.valid(), &self.optimizer, &metrics)?;
        let best = self.best();
        if best == Some(epoch) {
            (self.run.keep.save)(&self.model.valid(), epoch).map_err(TrainError::Keep)?;
        }
        // The epoch before is what there is to continue from should this one turn out to be damaged.
        self.checkpoints.remove(|old| old + 1 >= epoch || Some(old) == best)?;
        if let (Display::Epochs(on_epoch), Some(record)) = (&mut self.run.display, self.history.of(epoch)) {
            on_epoch(record);
        }
        Ok(())
    }

    fn best(&self) -> Option<usize> {
        let last = self.run.config.select == Select::Last;
        let best = if last { self.history.epochs.last() } else { self.history.best(self.settled) };
        best.map(|record| record.epoch)
    }

    /// Whether the start is among those that the best is chosen from. Where no epoch is chosen by what it measured, or the
    /// objective still moves, it cannot be.
    fn counts_start(&self) -> bool {
        self.run.config.count_start == Some(true)
            && self.settled == 0
            && self.run.config.select != Select::Last
    }

    /// Why no further epoch is to begin; [`Stopped::Finished`] where one is.
    fn stops(&self) -> Stopped {
        let limit = self.run.config.max_seconds;
        match limit.is_some_and(|limit| self.history.seconds() >= limit) {
            _ if self.is_out_of_patience() => Stopped::Early,
            true => Stopped::OutOfTime,
            false => Stopped::Finished,
        }
    }

    fn is_out_of_patience(&self) -> bool {
        self.run.config.early_stopping.is_some_and(|early| {
            self.history.epochs_without_improvement(early.min_improvement, self.settled) >= early.patience
        })
    }

    #[cfg(not(feature = "dashboard"))]
    fn dashboard(&self, _first_epoch: usize) -> Result<Option<Dashboard>, TrainError> {
        Ok(None)
    }

    #[cfg(feature = "dashboard")]
    fn dashboard(&self, first_epoch: usize) -> Result<Option<Dashboard>, TrainError> {
        if !matches!(self.run.display, Display::Dashboard) || first_epoch > self.run.config.epochs {
            return Ok(None);
        }
        let names =
            crate::dashboard::term_names(&self.model.valid(), &self.run.goal, &self.run.train, &self.device)?;
        Ok(Some(Dashboard::new(&names, self.run.config.epochs, first_epoch)))
    }

    fn finish(self, stopped: Stopped) -> Result<Fitted<M>, TrainError> {
        let best_epoch = self.best();
        let model = self.model.valid();
        let model = match best_epoch {
            Some(epoch) => self.checkpoints.model(epoch, model)?,
            None => model,
        };
        Ok(Fitted { model, history: self.history, best_epoch, stopped })
    }
}
