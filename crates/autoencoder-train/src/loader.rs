//! The batches of a source, epoch by epoch.

use std::borrow::Cow;
use std::sync::Arc;

use autoencoder_core::{DataError, Seed, Source};
use burn::tensor::{Device, Tensor};
use rand::seq::SliceRandom;

use crate::supply::Supply;

/// Some examples and their place in the run, from which the step's randomness is derived.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The clean examples, `[batch, features]`.
    pub x: Tensor<2>,
    /// 1 for each of their values that is known and 0 for one that was filled in; `None` where all are known.
    pub known: Option<Tensor<2>>,
    /// The class of each, where the source knows it; else empty.
    pub labels: Vec<i64>,
    /// The epoch, from 1.
    pub epoch: usize,
    /// The step in the epoch, from 1.
    pub step: usize,
}

impl Batch {
    /// The number of examples.
    pub fn examples(&self) -> usize {
        self.x.dims()[0]
    }

    /// The batch in that many parts of about the same size, fewer where it has fewer examples.
    pub fn parts(self, count: usize) -> impl Iterator<Item = Self> {
        let examples = self.examples();
        let count = count.min(examples).max(1);
        (0..count).map(move |part| {
            let rows = examples * part / count..examples * (part + 1) / count;
            let labels = self.labels.get(rows.clone()).map_or(Vec::new(), <[i64]>::to_vec);
            let known = self.known.clone().map(|known| known.slice([rows.clone()]));
            Self { x: self.x.clone().slice([rows]), known, labels, ..self }
        })
    }
}

/// The order in which an epoch visits the examples.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// As they are.
    Sequential,
    /// A new permutation every epoch, a function of the seed and the epoch.
    Shuffled(Seed),
}

/// The batches of a source, epoch by epoch.
pub struct Loader {
    supply: Supply,
    order: Order,
    batch_size: usize,
    passes: usize,
}

impl Loader {
    /// Batches of `batch_size` examples, of which the last of an epoch may be smaller. A device with a memory of its own
    /// keeps all examples where they take at most one GiB; of more, the next batches are read while it computes.
    pub fn new(source: Arc<dyn Source>, order: Order, batch_size: usize, device: Device) -> Self {
        Self { supply: Supply::new(source, device), order, batch_size: batch_size.max(1), passes: 1 }
    }

    /// The same, of whose epochs each visits every example that many times, in orders of their own.
    pub fn with_passes(self, passes: usize) -> Self {
        Self { passes: passes.max(1), ..self }
    }

    /// The number of examples an epoch visits, each as often as it does.
    pub fn examples(&self) -> usize {
        self.supply.source().len() * self.passes
    }

    /// The number of batches of an epoch.
    pub fn steps(&self) -> usize {
        self.examples().div_ceil(self.batch_size)
    }

    /// The batches of an epoch, counted from 1, in order.
    ///
    /// # Errors
    /// Each batch is what reading its rows says.
    pub fn epoch(&self, epoch: usize) -> impl Iterator<Item = Result<Batch, DataError>> + '_ {
        let first = epoch.saturating_sub(1) * self.passes + 1;
        let rows: Vec<usize> = (first..first + self.passes).flat_map(|pass| self.pass(pass)).collect();
        let rows: Arc<[usize]> = rows.into();
        // Examples that are drawn anew are another source in each epoch.
        let drawn = self.supply.source().in_epoch(epoch).map(|source| self.supply.of(source));
        let supply = drawn.map_or(Cow::Borrowed(&self.supply), Cow::Owned);
        let labels = self.supply.source().labels();
        let batches = Supply::batches(supply.clone(), rows.clone(), self.batch_size);
        batches.enumerate().map(move |(step, x)| {
            let first = step * self.batch_size;
            let index = &rows[first..rows.len().min(first + self.batch_size)];
            let labels = labels.map_or(Vec::new(), |all| index.iter().map(|&row| all[row]).collect());
            Ok(Batch { x: x?, known: supply.known(index)?, labels, epoch, step: step + 1 })
        })
    }
}

impl Loader {
    /// Every example once, in the order of that pass, counted from 1.
    fn pass(&self, pass: usize) -> Vec<usize> {
        let mut rows: Vec<usize> = (0..self.supply.source().len()).collect();
        if let Order::Shuffled(seed) = self.order {
            rows.shuffle(&mut seed.stream("shuffle").at(pass as u64).rng());
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::Rows;

    use super::*;

    fn epoch(order: Order, epoch: usize) -> Vec<f32> {
        let source = Arc::new(Rows::new(1, (0..10).map(|row| row as f32).collect()));
        let loader = Loader::new(source, order, 4, Device::flex());
        assert_eq!((loader.steps(), loader.examples()), (3, 10));
        let batches = loader.epoch(epoch).map(|batch| batch.expect("rows in memory").x);
        batches.flat_map(|x| x.into_data().iter::<f32>().collect::<Vec<_>>()).collect()
    }

    #[test]
    fn parts_of_a_batch_are_its_examples_with_their_labels() {
        let source = Rows::new(1, (0..7).map(|row| row as f32).collect()).with_labels((0..7).collect());
        let loader = Loader::new(Arc::new(source), Order::Sequential, 7, Device::flex());
        let batch = loader.epoch(1).next().expect("a batch").expect("rows in memory");
        for (count, sizes) in [(1, vec![7]), (3, vec![2, 2, 3]), (100, vec![1; 7])] {
            let parts: Vec<Batch> = batch.clone().parts(count).collect();
            assert_eq!(parts.iter().map(Batch::examples).collect::<Vec<_>>(), sizes);
            let labels: Vec<i64> = parts.iter().flat_map(|part| part.labels.clone()).collect();
            let values =
                parts.into_iter().flat_map(|part| part.x.into_data().iter::<i64>().collect::<Vec<_>>());
            assert_eq!((labels, values.collect()), ((0..7).collect(), (0..7).collect::<Vec<i64>>()));
        }
    }

    #[test]
    fn an_epoch_of_several_passes_is_the_epochs_of_one_pass_on_end() {
        let order = Order::Shuffled(Seed::new(1));
        let source = Arc::new(Rows::new(1, (0..10).map(|row| row as f32).collect()));
        let loader = Loader::new(source, order, 4, Device::flex()).with_passes(2);
        assert_eq!((loader.steps(), loader.examples()), (5, 20));
        let batches = loader.epoch(2).map(|batch| batch.expect("rows in memory").x);
        let seen: Vec<f32> = batches.flat_map(|x| x.into_data().iter::<f32>().collect::<Vec<_>>()).collect();
        assert_eq!(seen, [epoch(order, 3), epoch(order, 4)].concat());
    }

    #[test]
    fn an_epoch_visits_every_example_once_in_an_order_of_its_own() {
        let order = Order::Shuffled(Seed::new(1));
        let (first, second) = (epoch(order, 1), epoch(order, 2));
        assert_ne!(first, second);
        assert_eq!(second, epoch(order, 2));
        for mut seen in [first, second] {
            seen.sort_by(f32::total_cmp);
            assert_eq!(seen, epoch(Order::Sequential, 1));
        }
    }
}
