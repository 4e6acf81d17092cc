//! Where the rows of batches come from: the source as each is asked for, the device's own memory, or a thread that reads
//! ahead while the device computes.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use autoencoder_core::{DataError, Source};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// The most values of a source that a device keeps: one GiB of them.
const MOST_HELD: usize = 1 << 28;
/// How many batches are read ahead.
const AHEAD: usize = 3;

/// How rows get to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Each batch is read when it is asked for. On a CPU reading and computing share the cores anyway.
    Asked,
    /// All rows go to the device once, and batches are gathered there.
    Held,
    /// A thread reads the next batches.
    Ahead,
}

/// The rows of a source on a device.
#[derive(Clone)]
pub(crate) struct Supply {
    source: Arc<dyn Source>,
    device: Device,
    way: Way,
    /// All rows, `[examples, features]`, from the first batch on.
    held: OnceCell<Tensor<2>>,
}

impl Supply {
    pub(crate) fn new(source: Arc<dyn Source>, device: Device) -> Self {
        let values = source.len().saturating_mul(source.shape().features());
        let way = match (autoencoder_kernels::is_flex(&device), values <= MOST_HELD) {
            (true, _) => Way::Asked,
            (false, true) => Way::Held,
            (false, false) => Way::Ahead,
        };
        Self { source, device, way, held: OnceCell::new() }
    }

    pub(crate) fn source(&self) -> &dyn Source {
        self.source.as_ref()
    }

    /// Another source on the same device.
    pub(crate) fn of(&self, source: Arc<dyn Source>) -> Self {
        Self::new(source, self.device.clone())
    }

    /// Which values of the rows are known, `[batch, features]`; `None` where all are.
    pub(crate) fn known(&self, index: &[usize]) -> Result<Option<Tensor<2>>, DataError> {
        let mut known = vec![0.0; index.len() * self.source.shape().features()];
        let some_are_not = self.source.known(index, &mut known)?;
        Ok(some_are_not.then(|| self.tensor(known, index.len())))
    }

    /// Batches of the rows in `order`, `batch_size` at a time, each `[batch, features]`.
    pub(crate) fn batches<'a>(
        this: Cow<'a, Self>,
        order: Arc<[usize]>,
        batch_size: usize,
    ) -> impl Iterator<Item = Result<Tensor<2>, DataError>> + 'a {
        let ahead = (this.way == Way::Ahead).then(|| this.read_ahead(order.clone(), batch_size));
        (0..order.len()).step_by(batch_size).map(move |first| {
            let index = &order[first..order.len().min(first + batch_size)];
            if this.way == Way::Held {
                return this.gathered(index);
            }
            // A thread that came to no end has nothing more to say: its row is read here.
            let values = ahead.as_ref().and_then(|ahead| ahead.recv().ok());
            let values = values.unwrap_or_else(|| read(this.source.as_ref(), index))?;
            Ok(this.tensor(values, index.len()))
        })
    }

    fn tensor(&self, values: Vec<f32>, rows: usize) -> Tensor<2> {
        let features = self.source.shape().features();
        Tensor::from_data(TensorData::new(values, [rows, features]), &self.device)
    }

    fn gathered(&self, index: &[usize]) -> Result<Tensor<2>, DataError> {
        if self.held.get().is_none() {
            let all: Vec<usize> = (0..self.source.len()).collect();
            let tensor = self.tensor(read(self.source.as_ref(), &all)?, all.len());
            let _ = self.held.set(tensor);
        }
        let all = self.held.get().expect("set above").clone();
        let index: Vec<i64> = index.iter().map(|&row| row as i64).collect();
        let count = index.len();
        let index = Tensor::<1, Int>::from_data(TensorData::new(index, [count]), &self.device);
        Ok(all.select(0, index))
    }

    fn read_ahead(&self, order: Arc<[usize]>, batch_size: usize) -> Receiver<Result<Vec<f32>, DataError>> {
        let (sender, receiver) = sync_channel(AHEAD);
        let source = Arc::clone(&self.source);
        std::thread::spawn(move || {
            for index in order.chunks(batch_size) {
                // Nobody listens any more where the epoch was left.
                if sender.send(read(source.as_ref(), index)).is_err() {
                    break;
                }
            }
        });
        receiver
    }
}

fn read(source: &dyn Source, index: &[usize]) -> Result<Vec<f32>, DataError> {
    let mut values = vec![0.0; index.len() * source.shape().features()];
    source.rows(index, &mut values)?;
    Ok(values)
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::Rows;

    use super::*;

    fn supply(way: Way) -> Supply {
        let source = Arc::new(Rows::new(3, (0..30).map(|value| value as f32).collect()));
        Supply { way, ..Supply::new(source, Device::flex()) }
    }

    #[test]
    fn every_way_gives_the_same_batches() {
        let order = [7, 0, 3, 9, 2, 2, 5];
        let of = |way| {
            let supply = supply(way);
            let epoch = || {
                let batches = Supply::batches(Cow::Borrowed(&supply), order.into(), 3)
                    .map(|batch| batch.expect("rows in memory"));
                batches.map(|batch| batch.into_data().iter::<f32>().collect::<Vec<_>>()).collect::<Vec<_>>()
            };
            (epoch(), epoch())
        };
        let (first, second) = of(Way::Asked);
        assert_eq!(first, second);
        assert_eq!(first[2], [15.0, 16.0, 17.0]);
        assert_eq!(first[0][..3], [21.0, 22.0, 23.0]);
        for way in [Way::Held, Way::Ahead] {
            assert_eq!(of(way), (first.clone(), first.clone()), "{way:?}");
        }
    }

    #[test]
    fn an_epoch_may_be_left_and_a_row_that_is_not_there_is_named() {
        for way in [Way::Asked, Way::Held, Way::Ahead] {
            let supply = supply(way);
            assert!(
                Supply::batches(Cow::Borrowed(&supply), [1, 2, 3, 4, 5, 6, 7, 8, 9].into(), 1)
                    .next()
                    .expect("a batch")
                    .is_ok()
            );
        }
        for way in [Way::Asked, Way::Ahead] {
            let supply = supply(way);
            assert!(
                Supply::batches(Cow::Borrowed(&supply), [1, 10].into(), 1).nth(1).expect("a batch").is_err(),
                "{way:?}"
            );
        }
    }
}
