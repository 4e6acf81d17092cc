//! The terms of the objective as metrics of burn-train, and their means over an epoch.

use std::sync::{Arc, Mutex, PoisonError};

use burn::tensor::{ExecutionError, Tensor, TensorReadError};
use burn::train::Interrupter;
use burn::train::metric::state::{FormatOptions, NumericMetricState};
use burn::train::metric::{
    Adaptor, ItemLazy, Metric, MetricAttributes, MetricMetadata, MetricName, Numeric, NumericAttributes,
    NumericEntry, SerializedEntry,
};

/// The values of one step: the objective, then its terms. They stay on the device until the thread
/// that keeps the metrics reads them, so that training need not wait.
pub(crate) struct StepOutput {
    pub(crate) epoch: usize,
    pub(crate) examples: usize,
    pub(crate) values: Values,
}

#[allow(clippy::large_enum_variant, reason = "one lives at a time, for the length of a step")]
pub(crate) enum Values {
    /// `[terms + 1]`.
    OnDevice(Tensor<1>),
    Read(Arc<[f64]>),
}

impl ItemLazy for StepOutput {
    fn sync(self) -> Result<Self, ExecutionError> {
        let values = match self.values {
            Values::OnDevice(values) => {
                let values = values.try_into_data()?;
                Values::Read(values.iter::<f32>().map(f64::from).collect())
            }
            read => read,
        };
        Ok(Self { values, ..self })
    }
}

/// What a metric sees of a step.
#[derive(Clone)]
pub(crate) struct Reading {
    epoch: usize,
    examples: usize,
    values: Arc<[f64]>,
}

impl Adaptor<Reading> for StepOutput {
    fn adapt(&self) -> Reading {
        let values = match &self.values {
            Values::Read(values) => Arc::clone(values),
            Values::OnDevice(_) => Arc::new([]),
        };
        Reading { epoch: self.epoch, examples: self.examples, values }
    }
}

/// The sums over an epoch from which its means are taken.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    /// One for the objective and each term.
    pub(crate) values: Vec<f64>,
    pub(crate) examples: usize,
    pub(crate) steps: usize,
    pub(crate) learning_rate: f64,
}

impl Sums {
    fn add(&mut self, reading: &Reading, metadata: &MetricMetadata) {
        self.values.resize(reading.values.len(), 0.0);
        for (sum, value) in self.values.iter_mut().zip(reading.values.iter()) {
            *sum += value * reading.examples as f64;
        }
        self.examples += reading.examples;
        self.steps += 1;
        if let Some(rate) = &metadata.lr {
            self.learning_rate = rate.base();
        }
    }
}

/// A step whose objective is no number.
#[derive(Clone, Debug)]
pub(crate) struct Divergence {
    pub(crate) epoch: usize,
    pub(crate) step: usize,
    /// Which of the values, and what it was.
    pub(crate) index: usize,
    pub(crate) value: f64,
}

/// What the metrics tell the rest of the training.
#[derive(Clone, Default)]
pub(crate) struct Gauges {
    pub(crate) train: Arc<Mutex<Sums>>,
    pub(crate) validation: Arc<Mutex<Sums>>,
    pub(crate) divergence: Arc<Mutex<Option<Divergence>>>,
}

/// One value of the steps as a burn-train metric. The one of index 0, the objective, also keeps the
/// sums and stops the training where a value is no finite number.
#[derive(Clone)]
pub(crate) struct TermMetric {
    pub(crate) name: MetricName,
    pub(crate) index: usize,
    pub(crate) state: NumericMetricState,
    pub(crate) sums: Arc<Mutex<Sums>>,
    pub(crate) divergence: Arc<Mutex<Option<Divergence>>>,
    pub(crate) interrupter: Interrupter,
}

impl TermMetric {
    fn check(&self, reading: &Reading, metadata: &MetricMetadata) {
        // A term is the cause of the objective's NaN, so the terms are looked at first.
        let terms = reading.values.iter().enumerate().skip(1);
        let bad =
            terms.chain(reading.values.iter().enumerate().take(1)).find(|(_, value)| !value.is_finite());
        if let Some((index, &value)) = bad {
            let step = metadata.iteration.unwrap_or_default();
            let divergence = Divergence { epoch: reading.epoch, step, index, value };
            lock(&self.divergence).get_or_insert(divergence);
            self.interrupter.stop(Some("the objective is no finite number"));
        }
    }
}

impl Metric for TermMetric {
    type Input = Reading;

    fn name(&self) -> MetricName {
        Arc::clone(&self.name)
    }

    fn attributes(&self) -> MetricAttributes {
        NumericAttributes { unit: None, higher_is_better: false }.into()
    }

    fn update(
        &mut self,
        reading: &Reading,
        metadata: &MetricMetadata,
    ) -> Result<SerializedEntry, TensorReadError> {
        if self.index == 0 {
            self.check(reading, metadata);
            lock(&self.sums).add(reading, metadata);
        }
        let value = reading.values.get(self.index).copied().unwrap_or(f64::NAN);
        self.state.update(value, reading.examples);
        Ok(self.state.compute_update(self.format()))
    }

    fn compute(&mut self) -> Result<SerializedEntry, TensorReadError> {
        Ok(self.state.compute_final(self.format()))
    }

    fn clear(&mut self) {
        self.state.reset();
    }
}

impl TermMetric {
    fn format(&self) -> FormatOptions {
        FormatOptions::new(self.name()).precision(3)
    }
}

impl Numeric for TermMetric {
    fn value(&self) -> Option<NumericEntry> {
        Some(self.state.current_value())
    }

    fn running_value(&self) -> Option<NumericEntry> {
        Some(self.state.running_value())
    }

    fn final_value(&self) -> NumericEntry {
        self.state.final_value()
    }
}

/// Locks a mutex; a panic of another thread while it held the lock leaves plain numbers, which are
/// still whole.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
