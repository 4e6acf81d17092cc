//! One pass over a part of the data: the training part with a step a batch, the validation part without.

use std::collections::BTreeMap;

use autoencoder_core::{Moment, Seed, Seen};
use burn::module::{Module, ParamId};
use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};
use burn::tensor::Device;

use crate::clip::clip;
use crate::dashboard::{Dashboard, Split};
use crate::sums::Sums;
use crate::{Batch, Goal, Interrupter, Loader, Round, ScheduleConfig, TrainError};

/// What the passes of a run share.
pub(crate) struct Run<'a, G> {
    pub(crate) train: &'a Loader,
    pub(crate) validation: &'a Loader,
    pub(crate) goal: &'a G,
    pub(crate) schedule: ScheduleConfig,
    pub(crate) learning_rate: f64,
    pub(crate) clip: Option<f64>,
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

/// A round in the course of an epoch.
struct Running {
    /// The parameters that it moves.
    members: Vec<ParamId>,
    /// Before the schedule's factor.
    learning_rate: f64,
    sums: Sums,
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
        let mut rounds: Vec<Running> =
            self.goal.rounds().into_iter().map(|round| self.running(round, &model, epoch)).collect();
        let steps = self.train.steps();
        if let Some(dashboard) = dashboard {
            dashboard.start(Split::Train, self.train.examples());
        }
        let mut learning_rate = 0.0;
        for batch in self.train.epoch(epoch) {
            let batch = batch?;
            let taken = (epoch - 1) * steps + batch.step - 1;
            let factor = self.schedule.factor(taken, self.epochs * steps);
            learning_rate = self.learning_rate * factor;
            let mut due: Vec<&mut Running> =
                rounds.iter_mut().filter(|running| running.sums.round().is_due(taken)).collect();
            let batches = std::iter::repeat_n(batch, due.len());
            for (running, batch) in due.iter_mut().zip(batches) {
                let (gradients, seen) = self.gradients(&model, batch, running);
                let gradients = match self.clip {
                    Some(limit) => clip(gradients, &model, limit),
                    None => gradients,
                };
                model = optimizer.step(running.learning_rate * factor, model, gradients);
                model = self.goal.after_step(model, &seen);
                running.sums.look(Split::Train, dashboard)?;
            }
            if self.should_stop(dashboard) {
                return Ok((model, None));
            }
        }
        let mut values = BTreeMap::new();
        for running in rounds {
            values.append(&mut running.sums.means()?);
        }
        if let Some(dashboard) = dashboard {
            dashboard.end(Split::Train, epoch);
        }
        Ok((model, Some(Means { values, learning_rate })))
    }

    fn running<M: Module>(&self, round: Round, model: &M, epoch: usize) -> Running {
        let learning_rate = round.optimizer.map_or(self.learning_rate, |own| own.learning_rate());
        let members = round.members(model);
        Running { members, learning_rate, sums: Sums::new(round, epoch, learning_rate) }
    }

    /// The gradients of a round and what its passes have seen: of the whole batch, or averaged over parts of it that the
    /// devices take in turn.
    fn gradients<M: Module>(&self, model: &M, batch: Batch, running: &mut Running) -> (GradientsParams, Seen)
    where
        G: Goal<M>,
    {
        let round = running.sums.round().clone();
        let Running { members, sums, .. } = running;
        let (examples, step, moment) = (batch.examples(), batch.step, self.moment(batch.epoch, batch.step));
        let moment = Moment { seed: round.seed(moment.seed), ..moment };
        let count = self.accumulation * self.devices.len();
        if count == 1 {
            let mut value = self.goal.learn(&round, model, batch, moment);
            let seen = std::mem::take(&mut value.seen);
            let gradients = GradientsParams::from_params(&mut value.total.backward(), model, members);
            sums.add(value, step, examples);
            return (gradients, seen);
        }
        let models: Vec<M> = self
            .devices
            .iter()
            .skip(1)
            .map(|device| model.clone().fork(&device.clone().autodiff()))
            .collect();
        let models: Vec<&M> = std::iter::once(model).chain(&models).collect();
        let (mut accumulated, mut seen) = (GradientsAccumulator::new(), Seen::nothing());
        let mut parts = batch.parts(count).enumerate().peekable();
        while parts.peek().is_some() {
            // Every device is given its part before the first is waited for.
            let turn = models.iter().zip(self.devices).zip(parts.by_ref());
            let of_turn: Vec<(GradientsParams, Seen)> = turn
                .map(|((model, device), (index, part))| {
                    let of_part = part.examples();
                    let known = part.known.map(|known| known.to_device(device));
                    let part = Batch { x: part.x.to_device(device), known, ..part };
                    let moment = Moment { seed: moment.seed.at(index as u64), ..moment };
                    let mut value = self.goal.learn(&round, model, part, moment);
                    let seen = std::mem::take(&mut value.seen);
                    let share = of_part as f64 / examples as f64;
                    let mut gradients = value.total.clone().mul_scalar(share).backward();
                    sums.add(value, step, of_part);
                    (GradientsParams::from_params(&mut gradients, *model, members), seen)
                })
                .collect();
            for (gradients, of_part) in of_turn {
                accumulated.accumulate(model, gradients.to_device(&self.devices[0], model));
                seen = seen.join(of_part, &self.devices[0].clone().autodiff());
            }
        }
        (accumulated.grads(), seen)
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
        let mut sums = Sums::new(Round::model(), epoch, self.learning_rate);
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
