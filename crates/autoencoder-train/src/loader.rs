//! Batches for burn-train, copied from a source into one contiguous buffer each.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use autoencoder_core::{Seed, Source};
use burn::data::dataloader::{DataLoader, DataLoaderIterator, Progress};
use burn::data::dataset::DatasetError;
use burn::tensor::{Device, Tensor, TensorData};
use rand::seq::SliceRandom;

/// Some examples and their place in the run, from which the step's randomness is derived.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The clean examples, `[batch, features]`.
    pub x: Tensor<2>,
    /// The epoch, from 1.
    pub epoch: usize,
    /// The step in the epoch, from 1.
    pub step: usize,
}

/// The order in which an epoch visits the examples.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// As they are.
    Sequential,
    /// A new permutation every epoch, a function of the seed and the epoch.
    Shuffled(Seed),
}

/// A [`DataLoader`] over a source. Each call of `iter` is the next epoch.
pub struct Loader {
    source: Arc<dyn Source>,
    range: Range<usize>,
    order: Order,
    batch_size: usize,
    device: Device,
    next_epoch: AtomicUsize,
}

impl Loader {
    /// Batches of `batch_size` examples (the last may be smaller), the first pass being epoch
    /// `first_epoch` (from 1).
    pub fn new(
        source: Arc<dyn Source>,
        order: Order,
        batch_size: usize,
        first_epoch: usize,
        device: Device,
    ) -> Self {
        let range = 0..source.len();
        Self { source, range, order, batch_size, device, next_epoch: AtomicUsize::new(first_epoch) }
    }

    fn with(&self, range: Range<usize>, device: Device) -> Self {
        Self {
            source: Arc::clone(&self.source),
            range,
            order: self.order,
            batch_size: self.batch_size,
            device,
            next_epoch: AtomicUsize::new(self.next_epoch.load(Ordering::Relaxed)),
        }
    }

    fn permutation(&self, epoch: usize) -> Vec<usize> {
        let mut rows: Vec<usize> = self.range.clone().collect();
        if let Order::Shuffled(seed) = self.order {
            rows.shuffle(&mut seed.stream("shuffle").at(epoch as u64).rng());
        }
        rows
    }
}

impl DataLoader<Batch> for Loader {
    fn iter<'a>(&'a self) -> Box<dyn DataLoaderIterator<Batch> + 'a> {
        let epoch = self.next_epoch.fetch_add(1, Ordering::Relaxed);
        Box::new(Epoch { loader: self, rows: self.permutation(epoch), epoch, step: 0, done: 0 })
    }

    fn num_items(&self) -> usize {
        self.range.len()
    }

    fn to_device(&self, device: &Device) -> Arc<dyn DataLoader<Batch>> {
        Arc::new(self.with(self.range.clone(), device.clone()))
    }

    fn slice(&self, start: usize, end: usize) -> Arc<dyn DataLoader<Batch>> {
        let range = self.range.start + start..self.range.start + end;
        Arc::new(self.with(range, self.device.clone()))
    }
}

struct Epoch<'a> {
    loader: &'a Loader,
    rows: Vec<usize>,
    epoch: usize,
    step: usize,
    done: usize,
}

impl Iterator for Epoch<'_> {
    type Item = Result<Batch, DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        let end = self.rows.len().min(self.done + self.loader.batch_size);
        let index = self.rows.get(self.done..end).filter(|index| !index.is_empty())?;
        let features = self.loader.source.shape().features();
        let mut values = vec![0.0; index.len() * features];
        if let Err(error) = self.loader.source.rows(index, &mut values) {
            self.done = self.rows.len();
            return Some(Err(DatasetError::new(error)));
        }
        let x = TensorData::new(values, [index.len(), features]);
        self.step += 1;
        self.done = end;
        Some(Ok(Batch { x: Tensor::from_data(x, &self.loader.device), epoch: self.epoch, step: self.step }))
    }
}

impl DataLoaderIterator<Batch> for Epoch<'_> {
    fn progress(&self) -> Progress {
        Progress::new(self.done, self.rows.len(), Some("examples".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::Rows;

    use super::*;

    fn loader(order: Order, first_epoch: usize) -> Loader {
        let source = Arc::new(Rows::new(1, (0..10).map(|row| row as f32).collect()));
        Loader::new(source, order, 4, first_epoch, Device::flex())
    }

    fn epoch(loader: &Loader) -> Vec<f32> {
        let batches = loader.iter().map(|batch| batch.expect("rows in memory").x);
        batches.flat_map(|x| x.into_data().iter::<f32>().collect::<Vec<_>>()).collect()
    }

    #[test]
    fn an_epoch_visits_every_example_once() {
        let mut seen = epoch(&loader(Order::Shuffled(Seed::new(1)), 1));
        seen.sort_by(f32::total_cmp);
        assert_eq!(seen, (0..10).map(|row| row as f32).collect::<Vec<_>>());
    }

    #[test]
    fn a_loader_that_starts_at_the_second_epoch_continues_the_first_one() {
        let whole = loader(Order::Shuffled(Seed::new(1)), 1);
        let first = epoch(&whole);
        let second = epoch(&whole);
        assert_ne!(first, second);
        assert_eq!(second, epoch(&loader(Order::Shuffled(Seed::new(1)), 2)));
    }

    #[test]
    fn slices_share_the_examples_between_them() {
        let whole = loader(Order::Sequential, 1);
        assert_eq!(whole.slice(0, 4).num_items() + whole.slice(4, 10).num_items(), 10);
        let batches = whole.slice(4, 10);
        let first = batches.iter().next().expect("a batch").expect("rows in memory");
        assert_eq!(first.x.into_data().iter::<f32>().collect::<Vec<_>>(), [4.0, 5.0, 6.0, 7.0]);
    }
}
