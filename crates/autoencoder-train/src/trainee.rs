//! A model together with what it is trained for, as burn-train sees it.

use std::fmt;
use std::sync::Arc;

use autoencoder_core::{Autoencoder, Moment, Seed};
use burn::module::Module;
use burn::optim::lr_scheduler::module_lr_scheduler::ModuleLearningRate;
use burn::optim::{GradientsParams, ModuleOptimizer};
use burn::tensor::Tensor;
use burn::train::{InferenceStep, TrainOutput, TrainStep};

use crate::metrics::{StepOutput, Values};
use crate::{Batch, Objective, ObjectiveSpec, objective};

/// What a step minimises and where its randomness comes from.
pub(crate) struct Purpose {
    pub(crate) objective: ObjectiveSpec,
    pub(crate) evaluation: ObjectiveSpec,
    pub(crate) seed: Seed,
    pub(crate) epochs: usize,
    pub(crate) steps_per_epoch: usize,
}

impl Purpose {
    /// The step `step` of epoch `epoch`, both from 1.
    fn moment(&self, epoch: usize, step: usize) -> Moment {
        let seed = self.seed.at(epoch as u64).at(step as u64);
        let done = (epoch.saturating_sub(1) * self.steps_per_epoch + step - 1) as f64;
        Moment { seed, progress: (done / (self.epochs * self.steps_per_epoch).max(1) as f64).min(1.0) }
    }
}

impl fmt::Debug for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Purpose").field("loss", &self.objective.loss).finish_non_exhaustive()
    }
}

#[derive(Module, Debug)]
pub(crate) struct Trainee<A: Module> {
    pub(crate) model: A,
    #[module(skip)]
    pub(crate) purpose: Arc<Purpose>,
}

impl<A: Autoencoder> Trainee<A> {
    fn output(objective: Objective, batch: (usize, usize)) -> StepOutput {
        let terms = objective.terms.into_iter().map(|term| term.value);
        let values = std::iter::once(objective.total).chain(terms).map(Tensor::detach).collect();
        StepOutput { epoch: batch.0, examples: batch.1, values: Values::OnDevice(Tensor::cat(values, 0)) }
    }
}

impl<A: Autoencoder> TrainStep for Trainee<A> {
    type Input = Batch;
    type Output = StepOutput;

    fn step(&self, batch: Batch) -> TrainOutput<StepOutput> {
        let moment = self.purpose.moment(batch.epoch, batch.step);
        let size = (batch.epoch, batch.x.dims()[0]);
        let objective = objective(&self.model, batch.x, &self.purpose.objective, moment);
        let gradients = objective.total.backward();
        TrainOutput::new(self, gradients, Self::output(objective, size))
    }

    fn optimize(
        self,
        optimizer: &mut ModuleOptimizer,
        rate: ModuleLearningRate,
        gradients: GradientsParams,
    ) -> Self {
        let Self { model, purpose } = optimizer.step(rate, self, gradients);
        Self { model: model.after_step(), purpose }
    }
}

impl<A: Autoencoder> InferenceStep for Trainee<A> {
    type Input = Batch;
    type Output = StepOutput;

    fn step(&self, batch: Batch) -> StepOutput {
        let size = (batch.epoch, batch.x.dims()[0]);
        // A posterior is sampled the same way in every epoch, so that epochs can be compared.
        let seed = self.purpose.seed.stream("validation").at(batch.step as u64);
        let moment = Moment::after_training(seed);
        Self::output(objective(&self.model, batch.x, &self.purpose.evaluation, moment), size)
    }
}
