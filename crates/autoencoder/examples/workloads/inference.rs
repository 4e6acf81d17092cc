//! The workloads of inference: encoding and scoring many images, and encoding one.

use autoencoder::core::{Autoencoder as _, Bernoulli, DataError, ExampleShape, Loss, Seed, Source as _};
use autoencoder::datasets::Matrix;
use autoencoder::eval::On;
use autoencoder::models::Model;
use burn::tensor::{Device, Tensor, TensorData};

use crate::Outcome;
use crate::measure::milliseconds;
use crate::training::dense;

const BATCH: usize = 1024;

/// What is timed.
enum Kind {
    /// All images through the encoder.
    Encode,
    /// The squared error of each image.
    Score,
    /// One image through the encoder.
    One,
}

pub(crate) struct Inference {
    kind: Kind,
    model: Model,
    images: Matrix,
    first: Vec<f32>,
}

impl Inference {
    /// The workload of that name, if it is one of these.
    pub(crate) fn new(id: &str, images: &[f32]) -> Outcome<Option<Self>> {
        let (kind, config) = match id {
            "I1" => (Kind::Encode, dense(&[1000, 500, 250], 30)),
            "I2" => (Kind::Score, dense(&[1000, 500, 250], 30)),
            "I3" => (Kind::One, dense(&[128], 64)),
            _ => return Ok(None),
        };
        let shape = ExampleShape::Flat(784);
        let model = config.init(shape, Seed::new(1), &Device::flex())?;
        let first = images[..784].to_vec();
        Ok(Some(Self { kind, model, images: Matrix::new(shape, images.to_vec()), first }))
    }

    /// The milliseconds of each of `count` passes.
    pub(crate) fn steps(&self, count: usize) -> Outcome<Vec<f64>> {
        let device = Device::flex();
        let loss = Loss::Bernoulli(Bernoulli {});
        let mut times = Vec::with_capacity(count);
        for _ in 0..count {
            let mut outcome = Ok(());
            times.push(milliseconds(|| match self.kind {
                Kind::Encode => {
                    let on = On { model: &self.model, loss: &loss, batch_size: BATCH, device: &device };
                    outcome = on.encode(&self.images).map(|codes| {
                        std::hint::black_box(codes);
                    });
                }
                Kind::Score => {
                    outcome = self.score(&loss, &device).map(|scores| {
                        std::hint::black_box(scores);
                    });
                }
                Kind::One => {
                    let x = Tensor::<2>::from_data(TensorData::new(self.first.clone(), [1, 784]), &device);
                    std::hint::black_box(self.model.encode(x).h.into_data());
                }
            }));
            outcome?;
        }
        Ok(times)
    }

    /// The squared error of each image.
    fn score(&self, loss: &Loss, device: &Device) -> Result<Vec<f32>, DataError> {
        let mut scores = Vec::with_capacity(self.images.len());
        for first in (0..self.images.len()).step_by(BATCH) {
            let index: Vec<usize> = (first..self.images.len().min(first + BATCH)).collect();
            let mut values = vec![0.0; index.len() * 784];
            self.images.rows(&index, &mut values)?;
            let x = Tensor::<2>::from_data(TensorData::new(values, [index.len(), 784]), device);
            let difference = loss.reconstruction(self.model.decode(self.model.encode(x.clone()).h)) - x;
            scores.extend((difference.clone() * difference).sum_dim(1).into_data().iter::<f32>());
        }
        Ok(scores)
    }
}
