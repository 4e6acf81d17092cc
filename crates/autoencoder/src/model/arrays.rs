//! The toolkit on arrays in memory, in the words of scikit-learn: fit, transform, inverse_transform,
//! score_samples.
//!
//! Rows are examples, in the user's units; the model scales them as it was fitted to.

use std::sync::Arc;

use autoencoder_core::{DataError, ExampleShape, Source};
use autoencoder_datasets::Matrix;
use ndarray::{Array2, ArrayView2};

use crate::error::Error;
use crate::model::trained::Trained;

impl Trained {
    /// The codes of the rows of `x`: `[examples, codes]`.
    ///
    /// # Errors
    /// [`DataError::NotFinite`], [`DataError::WrongShape`].
    pub fn transform(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        array(&self.encode(Arc::new(matrix(x)?))?)
    }

    /// The reconstructions of codes, `[examples, codes]`, in the user's units: `[examples, features]`.
    ///
    /// # Errors
    /// Those of [`Self::transform`].
    pub fn inverse_transform(&self, codes: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        array(&self.decode(&matrix(codes)?)?)
    }
}

pub(crate) fn matrix(x: ArrayView2<'_, f32>) -> Result<Matrix, DataError> {
    let matrix = Matrix::new(ExampleShape::Flat(x.ncols()), x.iter().copied().collect());
    match matrix.first_not_finite() {
        Some((row, column, value)) => Err(DataError::NotFinite { row, column, value }),
        None => Ok(matrix),
    }
}

pub(crate) fn array(source: &dyn Source) -> Result<Array2<f32>, Error> {
    let (rows, columns) = (source.len(), source.shape().features());
    let mut values = Array2::zeros((rows, columns));
    if let Some(values) = values.as_slice_mut() {
        source.rows(&(0..rows).collect::<Vec<_>>(), values)?;
    }
    Ok(values)
}
