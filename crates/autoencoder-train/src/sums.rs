//! The values of a pass: they stay on the device until somebody looks.

use std::collections::BTreeMap;

use burn::tensor::Tensor;

use crate::dashboard::{Dashboard, Split};
use crate::objective::names;
use crate::{Objective, Round, TrainError};

/// Steps between two looks at the objective where no dashboard asks for more: each look waits for the
/// device.
const LOOK: usize = 32;

/// The values of the steps of one round so far.
pub(crate) struct Sums {
    round: Round,
    epoch: usize,
    learning_rate: f64,
    names: Vec<String>,
    /// Values, the step they are of, and its examples.
    waiting: Vec<(Tensor<1>, usize, usize)>,
    sums: Vec<f64>,
    examples: usize,
}

impl Sums {
    /// None so far; the rate is said where the values diverge.
    pub(crate) fn new(round: Round, epoch: usize, learning_rate: f64) -> Self {
        let (names, waiting, sums) = (Vec::new(), Vec::new(), Vec::new());
        Self { round, epoch, learning_rate, names, waiting, sums, examples: 0 }
    }

    /// The round whose values these are.
    pub(crate) fn round(&self) -> &Round {
        &self.round
    }

    pub(crate) fn add(&mut self, objective: Objective, step: usize, examples: usize) {
        if self.names.is_empty() {
            self.names = names(&objective).iter().map(|name| self.round.name_of(name)).collect();
        }
        let terms = objective.terms.into_iter().chain(objective.readings).map(|term| term.value);
        let values = std::iter::once(objective.total).chain(terms).map(Tensor::detach).collect();
        self.waiting.push((Tensor::cat(values, 0), step, examples));
    }

    /// Reads what waits, every so often.
    pub(crate) fn look(&mut self, split: Split, dashboard: &mut Option<Dashboard>) -> Result<(), TrainError> {
        let is_shown = self.round.name == Round::MODEL;
        let shown = dashboard.as_mut().filter(|dashboard| is_shown && dashboard.is_due());
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

    /// The means over the examples, by name.
    pub(crate) fn means(mut self) -> Result<BTreeMap<String, f64>, TrainError> {
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
