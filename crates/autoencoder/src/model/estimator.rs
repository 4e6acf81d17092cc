//! What training on an array gives, in the words of scikit-learn.

use std::sync::Arc;

use autoencoder_datasets::Listener;
use ndarray::{Array1, Array2, ArrayView2};

use crate::error::Error;
use crate::model::arrays::matrix;
use crate::model::scorer::{Scorer, mean};
use crate::model::trained::Trained;

/// A model that was fitted to the rows of an array, with what its scores are made from and the further members of its
/// ensemble.
#[derive(Clone, Debug)]
pub struct Estimator {
    /// The model.
    pub trained: Trained,
    pub(crate) scorer: Arc<Scorer>,
    pub(crate) members: Vec<Self>,
}

impl Estimator {
    /// The codes of the rows of `x`: `[examples, codes]`.
    ///
    /// # Errors
    /// Those of [`Trained::transform`].
    pub fn transform(&self, x: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        self.trained.transform(x)
    }

    /// The reconstructions of codes, `[examples, codes]`, in the user's units: `[examples, features]`.
    ///
    /// # Errors
    /// Those of [`Trained::transform`].
    pub fn inverse_transform(&self, codes: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        self.trained.inverse_transform(codes)
    }

    /// How anomalous each row of `x` is, `[examples]`, as `score.kind` of the configuration has it
    /// ([`crate::config::ScoreKind`]): by default the squared error of its reconstruction in scaled units; of a variational
    /// model its negative evidence lower bound in nats. Of an ensemble the mean of its members'. The higher, the more anomalous.
    ///
    /// # Errors
    /// Those of [`Trained::transform`].
    pub fn score_samples(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>, Error> {
        let scaled = self.trained.scaled(Arc::new(matrix(x)?))?;
        let of = |one: &Self| one.scorer.scores(&one.trained, &scaled, &Listener::nobody());
        let scores = std::iter::once(self).chain(&self.members).map(of).collect::<Result<Vec<_>, Error>>()?;
        Ok(Array1::from_vec(mean(&scores)))
    }
}
