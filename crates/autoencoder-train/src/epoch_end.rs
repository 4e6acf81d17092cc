//! What happens between two epochs: the record is written, old checkpoints go, patience runs out.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use burn::train::checkpoint::{CheckpointingAction, CheckpointingStrategy};
use burn::train::metric::store::EventStoreClient;
use burn::train::{EarlyStoppingStrategy, Interrupter};

use crate::history::OBJECTIVE;
use crate::metrics::{Gauges, Sums, lock};
use crate::{Checkpoints, EarlyStopping, EpochRecord, History, TrainError};

/// Called with each epoch's record as it ends.
pub(crate) type OnEpoch = Box<dyn FnMut(&EpochRecord) + Send>;

/// Runs after each epoch, before the next begins: burn-train asks a checkpointing strategy what to
/// do at exactly that point, with all metrics of the epoch in.
pub(crate) struct EpochEnd {
    pub(crate) gauges: Gauges,
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) metrics_path: PathBuf,
    pub(crate) checkpoints: Checkpoints,
    pub(crate) train_terms: Vec<&'static str>,
    pub(crate) validation_terms: Vec<&'static str>,
    pub(crate) on_epoch: Option<OnEpoch>,
    pub(crate) began: Instant,
    pub(crate) interrupter: Interrupter,
    pub(crate) failure: Arc<Mutex<Option<TrainError>>>,
}

impl CheckpointingStrategy for EpochEnd {
    fn checkpointing(&mut self, epoch: usize, _store: &EventStoreClient) -> Vec<CheckpointingAction> {
        let record = self.record(epoch);
        let mut history = lock(&self.history);
        history.epochs.push(record);
        // The record is written before its checkpoint: resuming drops records without one.
        if let Err(error) = history.write(&self.metrics_path) {
            lock(&self.failure).get_or_insert(error);
            self.interrupter.stop(Some("metrics.jsonl cannot be written"));
        }
        if let (Some(on_epoch), Some(record)) = (&mut self.on_epoch, history.epochs.last()) {
            on_epoch(record);
        }
        // The epoch before is kept until the next save: until then this one may be half-written.
        let best = history.best().map(|record| record.epoch);
        let kept = |old: usize| old + 1 >= epoch || Some(old) == best;
        let old = self.checkpoints.complete().into_iter().filter(|&old| !kept(old));
        std::iter::once(CheckpointingAction::Save).chain(old.map(CheckpointingAction::Delete)).collect()
    }
}

impl EpochEnd {
    fn record(&mut self, epoch: usize) -> EpochRecord {
        let train = std::mem::take(&mut *lock(&self.gauges.train));
        let validation = std::mem::take(&mut *lock(&self.gauges.validation));
        let seconds = self.began.elapsed().as_secs_f64();
        self.began = Instant::now();
        EpochRecord {
            epoch,
            steps: train.steps,
            learning_rate: train.learning_rate,
            seconds,
            train: means(&train, &self.train_terms),
            validation: means(&validation, &self.validation_terms),
        }
    }
}

fn means(sums: &Sums, terms: &[&str]) -> BTreeMap<String, f64> {
    let names = std::iter::once(OBJECTIVE).chain(terms.iter().copied());
    let means = sums.values.iter().map(|sum| sum / sums.examples.max(1) as f64);
    names.map(str::to_owned).zip(means).collect()
}

/// Early stopping that goes by the run's history, so that a resumed run stops where an undisturbed
/// one would.
#[derive(Clone)]
pub(crate) struct Patience {
    pub(crate) config: EarlyStopping,
    pub(crate) history: Arc<Mutex<History>>,
}

impl Patience {
    pub(crate) fn is_out(&self) -> bool {
        lock(&self.history).epochs_without_improvement(self.config.min_improvement) >= self.config.patience
    }
}

impl EarlyStoppingStrategy for Patience {
    fn should_stop(&mut self, _epoch: usize, _store: &EventStoreClient) -> bool {
        self.is_out()
    }
}
