//! Sources through a model into arrays, batch by batch.

use autoencoder_core::{Autoencoder, DataError, ExampleShape, Source};
use burn::tensor::{Device, Tensor, TensorData};

use crate::on::On;

impl<A: Autoencoder> On<'_, A> {
    /// The codes of the (scaled) examples of `source`, `[examples, codes]` row by row.
    ///
    /// # Errors
    /// [`DataError::WrongShape`], or what reading says.
    pub fn encode(&self, source: &dyn Source) -> Result<Vec<f32>, DataError> {
        let Self { model, batch_size, device, .. } = *self;
        check_shape(model.shape(), source)?;
        collect(source, batch_size, device, |x| model.encode(x).h)
    }

    /// The reconstructions of `codes`, through the loss's output activation, `[examples, features]` row by
    /// row, in scaled units.
    ///
    /// # Errors
    /// [`DataError::WrongShape`] where the codes are not as many as the model's, or what reading says.
    pub fn decode(&self, codes: &dyn Source) -> Result<Vec<f32>, DataError> {
        let Self { model, loss, batch_size, device, .. } = *self;
        check_shape(&ExampleShape::Flat(model.code_size()), codes)?;
        collect(codes, batch_size, device, |h| loss.reconstruction(model.decode(h)))
    }

    /// The reconstructions of the (scaled) examples of `source`: decode after encode.
    ///
    /// # Errors
    /// [`DataError::WrongShape`], or what reading says.
    pub fn reconstruct(&self, source: &dyn Source) -> Result<Vec<f32>, DataError> {
        let Self { model, loss, batch_size, device, .. } = *self;
        check_shape(model.shape(), source)?;
        collect(source, batch_size, device, |x| loss.reconstruction(model.decode(model.encode(x).h)))
    }
}

pub(crate) fn check_shape(expected: &ExampleShape, source: &dyn Source) -> Result<(), DataError> {
    if source.shape().features() == expected.features() {
        Ok(())
    } else {
        Err(DataError::WrongShape { expected: *expected, found: source.shape() })
    }
}

/// What `map` makes of the examples of `source`, `[batch, features]` to `[batch, any]`, row by row.
///
/// # Errors
/// What reading says.
pub fn collect(
    source: &dyn Source,
    batch_size: usize,
    device: &Device,
    map: impl Fn(Tensor<2>) -> Tensor<2>,
) -> Result<Vec<f32>, DataError> {
    let mut values = Vec::new();
    for_each_batch(source, batch_size, device, |x| extend(&mut values, map(x)))?;
    Ok(values)
}

/// Appends the values of a tensor, whose memory is copied as it is where it holds f32.
pub(crate) fn extend(values: &mut Vec<f32>, tensor: Tensor<2>) {
    let data = tensor.into_data();
    match data.as_slice::<f32>() {
        Ok(slice) => values.extend_from_slice(slice),
        Err(_) => values.extend(data.iter::<f32>()),
    }
}

/// Calls `f` with the examples in order, `batch_size` at a time (the last may be fewer).
pub(crate) fn for_each_batch(
    source: &dyn Source,
    batch_size: usize,
    device: &Device,
    mut f: impl FnMut(Tensor<2>),
) -> Result<(), DataError> {
    for_each_known(source, batch_size, device, |x, _| f(x))
}

/// The same with 1 for each value that is known and 0 for one that was filled in; `None` where all are known.
pub(crate) fn for_each_known(
    source: &dyn Source,
    batch_size: usize,
    device: &Device,
    mut f: impl FnMut(Tensor<2>, Option<Tensor<2>>),
) -> Result<(), DataError> {
    let features = source.shape().features();
    let batch_size = batch_size.max(1);
    for first in (0..source.len()).step_by(batch_size) {
        let rows = first..source.len().min(first + batch_size);
        let (index, values) = (rows.clone().collect::<Vec<_>>(), source.read(rows)?);
        let tensor = |values| Tensor::from_data(TensorData::new(values, [index.len(), features]), device);
        let mut known = vec![0.0; index.len() * features];
        let known = source.known(&index, &mut known)?.then(|| tensor(known));
        f(tensor(values), known);
    }
    Ok(())
}
