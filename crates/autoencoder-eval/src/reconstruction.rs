//! The reconstruction error of a model on some examples.

use autoencoder_core::{
    Autoencoder, DataError, Loss, Moment, OutputActivation, Pass, Seed, Source, SquaredError,
};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arrays::{check_shape, for_each_batch, for_each_known};
use crate::on::On;

/// Errors on one part of the data, without corruption.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitEvaluation {
    /// The number of examples.
    pub examples: usize,
    /// The loss summed over features and averaged over examples, in the loss's own unit (nats for a
    /// cross-entropy).
    pub loss: f64,
    /// Squared error of the reconstruction, summed over features and averaged over examples.
    pub squared_error_per_example: f64,
}

impl<A: Autoencoder> On<'_, A> {
    /// Measures `model` on the (scaled) examples of `source`, `batch_size` at a time. Values that were filled in do not count.
    ///
    /// # Errors
    /// [`DataError::WrongShape`] where the examples do not fit the model, or what reading says.
    pub fn evaluate(&self, source: &dyn Source) -> Result<SplitEvaluation, DataError> {
        let Self { model, loss, batch_size, device, .. } = *self;
        check_shape(model.shape(), source)?;
        let (mut losses, mut squared_errors) = (0.0, 0.0);
        for_each_known(source, batch_size, device, |x, known| {
            let output = model.decode(model.encode(x.clone()).h);
            let rows = x.dims()[0] as f64;
            let mean = |loss: &Loss, output: Tensor<2>| match &known {
                Some(known) => loss.weighted_mean(output, x.clone(), known.clone()),
                None => loss.mean(output, x.clone()),
            };
            losses += rows * value(mean(loss, output.clone()));
            squared_errors += rows * value(mean(&SQUARES, loss.reconstruction(output)));
        })?;
        let examples = source.len();
        let mean = |total: f64| total / examples.max(1) as f64;
        Ok(SplitEvaluation { examples, loss: mean(losses), squared_error_per_example: mean(squared_errors) })
    }

    /// The mean over the (scaled) examples of `source` of `||dh/dx||_F`, how much a code moves where its example does (Rifai et
    /// al. 2011); `None` where the model knows no closed form.
    ///
    /// # Errors
    /// [`DataError::WrongShape`] where the examples do not fit the model, or what reading says.
    pub fn jacobian_norm(&self, source: &dyn Source) -> Result<Option<f64>, DataError> {
        let Self { model, batch_size, device, .. } = *self;
        check_shape(model.shape(), source)?;
        let mut total = Some(0.0);
        for_each_batch(source, batch_size, device, |x| {
            let moment = Moment::after_training(Seed::new(0));
            let code = model.encode(x.clone());
            let pass = Pass { clean: x.clone(), input: x.clone(), code, output: x, moment };
            let norms = model.squared_jacobian(&pass).map(|squares| value(squares.sqrt().sum()));
            total = total.zip(norms).map(|(total, norms)| total + norms);
        })?;
        Ok(total.map(|total| total / source.len().max(1) as f64))
    }
}

/// The squared error of a reconstruction, summed over features.
const SQUARES: Loss = Loss::SquaredError(SquaredError { output: OutputActivation::Identity });

fn value(mean: Tensor<1>) -> f64 {
    f64::from(mean.into_scalar::<f32>())
}
