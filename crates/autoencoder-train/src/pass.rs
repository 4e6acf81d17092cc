//! One pass over a part of the data: the training part with a step a batch, the validation part without.

use std::collections::BTreeMap;
use std::sync::Arc;

use autoencoder_core::{Moment, Seed, Source};
use burn::module::Module;
use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor};

use crate::dashboard::{Dashboard, Split};
use crate::history::OBJECTIVE;
use crate::{Batch, Goal, Interrupter, Loader, Objective, Order, ScheduleConfig, TrainError};

/// Steps between two looks at the objective where no dashboard asks for more: each look waits for the
/// device.
const LOOK: usize = 32;

/// What the passes of a run share.
pub(crate) struct Run<'a, G> {
    pub(crate) train: &'a Loader,
    pub(crate) validation: &'a Loader,
    pub(crate) goal: &'a G,
    pub(crate) schedule: ScheduleConfig,
    pub(crate) learning_rate: f64,
    pub(crate) epochs: usize,
    pub(crate) accumulation: usize,
    /// At least one.
    pub(crate) devices: &'a [Device],
    pub(crate) seed: Seed,
    pub(crate) interrupter: &'a Interrupter,
}

/// The means of a pass.
pub(crate) struct Means {
    /// `objective` and its terms by name.
    pub(crate) values: BTreeMap<String, f64>,
    /// The learning rate of the last step.
    pub(crate) learning_rate: f64,
}

impl<G> Run<'_, G> {
    /// An epoch of training; `None` where it was interrupted.
    pub(crate) fn train<M: Module>(
        &self,
        mut model: M,
        optimizer: &mut ModuleOptimizer,
        epoch: usize,
        dashboard: &mut Option<Dashboard>,
    ) -> Result<(M, Option<Means>), TrainError>
    where
        G: Goal<M>,
    {
        let mut sums = Sums::new(epoch, self.learning_rate);
        let steps = self.train.steps();
        if let Some(dashboard) = dashboard {
            dashboard.start(Split::Train, self.train.examples());
        }
        let mut learning_rate = 0.0;
        for batch in self.train.epoch(epoch) {
            let batch = batch?;
            let step = batch.step;
            let gradients = self.gradients(&model, batch, &mut sums);
            let taken = (epoch - 1) * steps + step - 1;
            learning_rate = self.learning_rate * self.schedule.factor(taken, self.epochs * steps);
            model = self.goal.after_step(optimizer.step(learning_rate, model, gradients));
            sums.look(Split::Train, dashboard)?;
            if self.should_stop(dashboard) {
                return Ok((model, None));
            }
        }
        let values = sums.means()?;
        if let Some(dashboard) = dashboard {
            dashboard.end(Split::Train, epoch);
        }
        Ok((model, Some(Means { values, learning_rate })))
    }

    /// The gradients of a step: of the whole batch, or averaged over parts of it that the devices take in turn.
    fn gradients<M: Module>(&self, model: &M, batch: Batch, sums: &mut Sums) -> GradientsParams
    where
        G: Goal<M>,
    {
        let (examples, step, moment) = (batch.examples(), batch.step, self.moment(batch.epoch, batch.step));
        let count = self.accumulation * self.devices.len();
        if count == 1 {
            let value = self.goal.learn(model, batch, moment);
            let gradients = GradientsParams::from_grads(value.total.backward(), model);
            sums.add(value, step, examples);
            return gradients;
        }
        let models: Vec<M> = self
            .devices
            .iter()
            .skip(1)
            .map(|device| model.clone().fork(&device.clone().autodiff()))
            .collect();
        let models: Vec<&M> = std::iter::once(model).chain(&models).collect();
        let mut accumulated = GradientsAccumulator::new();
        let mut parts = batch.parts(count).enumerate().peekable();
        while parts.peek().is_some() {
            // Every device is given its part before the first is waited for.
            let round = models.iter().zip(self.devices).zip(parts.by_ref());
            let gradients: Vec<GradientsParams> = round
                .map(|((model, device), (index, part))| {
                    let of_part = part.examples();
                    let known = part.known.map(|known| known.to_device(device));
                    let part = Batch { x: part.x.to_device(device), known, ..part };
                    let moment = Moment { seed: moment.seed.at(index as u64), ..moment };
                    let value = self.goal.learn(model, part, moment);
                    let share = of_part as f64 / examples as f64;
                    let gradients = value.total.clone().mul_scalar(share).backward();
                    sums.add(value, step, of_part);
                    GradientsParams::from_grads(gradients, *model)
                })
                .collect();
            for gradients in gradients {
                accumulated.accumulate(model, gradients.to_device(&self.devices[0], model));
            }
        }
        accumulated.grads()
    }

    /// The terms on the validation part; `None` where it was interrupted.
    pub(crate) fn validate<M: Module>(
        &self,
        model: &M,
        epoch: usize,
        dashboard: &mut Option<Dashboard>,
    ) -> Result<Option<BTreeMap<String, f64>>, TrainError>
    where
        G: Goal<M>,
    {
        let mut sums = Sums::new(epoch, self.learning_rate);
        if let Some(dashboard) = dashboard {
            dashboard.start(Split::Validation, self.validation.examples());
        }
        for batch in self.validation.epoch(epoch) {
            let batch = batch?;
            let (examples, step) = (batch.examples(), batch.step);
            // A posterior is sampled the same way in every epoch, so that epochs can be compared.
            let moment = Moment::after_training(self.seed.stream("validation").at(step as u64));
            sums.add(self.goal.judge(model, batch, moment), step, examples);
            sums.look(Split::Validation, dashboard)?;
            if self.should_stop(dashboard) {
                return Ok(None);
            }
        }
        let values = sums.means()?;
        if let Some(dashboard) = dashboard {
            dashboard.end(Split::Validation, epoch);
        }
        Ok(Some(values))
    }

    /// The step `step` of epoch `epoch`, both from 1.
    fn moment(&self, epoch: usize, step: usize) -> Moment {
        let seed = self.seed.at(epoch as u64).at(step as u64);
        let done = ((epoch - 1) * self.train.steps() + step - 1) as f64;
        Moment { seed, progress: (done / (self.epochs * self.train.steps()).max(1) as f64).min(1.0) }
    }

    fn should_stop(&self, dashboard: &Option<Dashboard>) -> bool {
        self.interrupter.should_stop() || dashboard.as_ref().is_some_and(Dashboard::wants_stop)
    }
}

/// The names of what [`Sums`] holds of an objective, in its order.
fn names(objective: &Objective) -> Vec<String> {
    let terms = objective.terms.iter().chain(&objective.readings).map(|term| term.name.to_string());
    std::iter::once(OBJECTIVE.to_owned()).chain(terms).collect()
}

/// The names of the objective, its terms and readings, found out on one example: only the goal knows them.
pub(crate) fn term_names<M: Module, G: Goal<M>>(
    model: &M,
    goal: &G,
    source: &Arc<dyn Source>,
    device: &Device,
) -> Result<Vec<String>, TrainError> {
    let first = Loader::new(source.clone(), Order::Sequential, 1, device.clone()).epoch(1).next();
    let objective = |batch| goal.judge(model, batch, Moment::after_training(Seed::new(0)));
    Ok(first.transpose()?.map_or(Vec::new(), |batch| names(&objective(batch))))
}

/// The values of the steps so far. They stay on the device until somebody looks.
struct Sums {
    epoch: usize,
    learning_rate: f64,
    names: Vec<String>,
    /// Values, the step they are of, and its examples.
    waiting: Vec<(Tensor<1>, usize, usize)>,
    sums: Vec<f64>,
    examples: usize,
}

impl Sums {
    fn new(epoch: usize, learning_rate: f64) -> Self {
        let (names, waiting, sums) = (Vec::new(), Vec::new(), Vec::new());
        Self { epoch, learning_rate, names, waiting, sums, examples: 0 }
    }

    fn add(&mut self, objective: Objective, step: usize, examples: usize) {
        if self.names.is_empty() {
            self.names = names(&objective);
        }
        let terms = objective.terms.into_iter().chain(objective.readings).map(|term| term.value);
        let values = std::iter::once(objective.total).chain(terms).map(Tensor::detach).collect();
        self.waiting.push((Tensor::cat(values, 0), step, examples));
    }

    /// Reads what waits, every so often.
    fn look(&mut self, split: Split, dashboard: &mut Option<Dashboard>) -> Result<(), TrainError> {
        let shown = dashboard.as_mut().filter(|dashboard| dashboard.is_due());
        if shown.is_none() && self.waiting.len() < LOOK {
            return Ok(());
        }
        let last = self.read()?;
        if let Some(dashboard) = shown {
            dashboard.step(split, &last, self.examples);
        }
        Ok(())
    }

    /// Reads what waits, and returns the values of the last step.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] at the first value that is no finite number.
    fn read(&mut self) -> Result<Vec<f64>, TrainError> {
        let mut last = Vec::new();
        for (values, step, examples) in std::mem::take(&mut self.waiting) {
            last = values.into_data().iter::<f32>().map(f64::from).collect();
            // A term is the cause of the objective's NaN, so the terms are looked at first.
            let bad = (1..last.len()).chain([0]).find(|&index| !last[index].is_finite());
            if let Some(index) = bad {
                return Err(self.diverged(index, last[index], step));
            }
            self.sums.resize(last.len(), 0.0);
            self.sums.iter_mut().zip(&last).for_each(|(sum, value)| *sum += value * examples as f64);
            self.examples += examples;
        }
        Ok(last)
    }

    fn means(mut self) -> Result<BTreeMap<String, f64>, TrainError> {
        self.read()?;
        let means = self.sums.iter().map(|sum| sum / self.examples.max(1) as f64);
        Ok(self.names.into_iter().zip(means).collect())
    }

    fn diverged(&self, index: usize, value: f64, step: usize) -> TrainError {
        let (epoch, rate) = (self.epoch, self.learning_rate);
        let cause = if epoch == 1 && step == 1 {
            "the data or the initial weights overflow; scale the data (data.scaling) or check for huge values"
                .to_owned()
        } else {
            format!(
                "the steps are likely too long; lower train.optimizer.learning_rate (now {rate}), to {} say",
                rate / 10.0
            )
        };
        TrainError::Diverged { term: self.names[index].clone(), value, epoch, step, cause }
    }
}
