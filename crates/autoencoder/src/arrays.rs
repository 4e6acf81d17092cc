//! The toolkit on arrays in memory, in the words of scikit-learn: fit, transform, inverse_transform,
//! score_samples.
//!
//! Rows are examples, in the user's units; the model scales them as it was fitted to.

use std::sync::Arc;

use autoencoder_core::{DataError, ExampleShape, Seed, Source};
use autoencoder_datasets::{DataFolder, DataSet, Matrix, Wanted, open};
use autoencoder_eval as eval;
use autoencoder_train::{Display, Interrupter, TrainError};
use ndarray::{Array1, Array2, ArrayView2};

use crate::data::Parts;
use crate::prepared::{Prepared, Watch};
use crate::scorer::{Scorer, mean};
use crate::stack::{self, Pretrained, Stack};
use crate::trained::{BATCH, Trained};
use crate::{Error, RunConfig, RunFolder};

/// The first `examples` training examples (`None` for all) of a data set by name, or of a file by path, `[examples,
/// features]`. Data sets that are not made on the spot are looked for, and kept, where `ae` does.
///
/// # Errors
/// What finding, fetching or reading the data says.
pub fn load(data: &str, examples: Option<usize>) -> Result<Array2<f32>, Error> {
    let wanted = Wanted { examples, ..Wanted::all(data, Seed::new(0)) };
    array(open(wanted, &DataFolder::new(None), &mut |_| {})?.train.as_ref())
}

impl RunConfig {
    /// Trains on the rows of `x`, `[examples, features]`, and returns the model of the best epoch. The share
    /// `data.validation` of the rows is kept to choose it by. What the configuration leaves open follows the data;
    /// `data.source` and `data.test` are not looked at. The same configuration and rows give the same bits.
    ///
    /// ```
    /// use autoencoder::prelude::*;
    /// use ndarray::Array2;
    ///
    /// // Points of a parabola: two numbers, of which one tells the other.
    /// let x = Array2::from_shape_fn((500, 2), |(row, column)| {
    ///     let along = row as f32 / 250.0 - 1.0;
    ///     if column == 0 { along } else { along * along }
    /// });
    /// let config = RunConfig::from_toml(
    ///     "model = { hidden = [32], code = 1 }
    ///      train = { epochs = 100, batch_size = 25, optimizer.learning_rate = 0.01 }",
    ///     "example",
    /// )?;
    /// let trained = config.fit(x.view())?;
    /// let code = trained.transform(x.view())?;
    /// assert_eq!(code.dim(), (500, 1));
    /// let back = trained.inverse_transform(code.view())?;
    /// assert!((&back - &x).pow2().sum() < 0.1 * x.pow2().sum());
    /// let score = trained.score_samples(ndarray::array![[0.5, 0.25], [0.0, 1.5]].view())?;
    /// assert!(score[1] > 10.0 * score[0], "a point off the parabola is far from the data");
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`RunConfig::check`]; [`DataError::NotFinite`]; whatever does not fit; a folder for its checkpoints that
    /// the system does not give; what stopped the training.
    pub fn fit(&self, x: ArrayView2<'_, f32>) -> Result<Trained, Error> {
        let members = self.score.members;
        let mut trained = self.fit_one(x)?;
        for number in 2..=members {
            trained.members.push(self.of_member(number).fit_one(x)?);
        }
        Ok(trained)
    }

    /// One model of [`Self::fit`].
    fn fit_one(&self, x: ArrayView2<'_, f32>) -> Result<Trained, Error> {
        let run = self.clone().check()?;
        let mut matrix = matrix(x)?;
        if let Some([channels, height, width]) = self.data.shape {
            matrix = matrix.with_shape(ExampleShape::Image { channels, height, width })?;
        }
        let matrix = matrix.with_natural_range();
        let config = run.config().clone().resolved(&matrix);
        let none = Matrix::new(matrix.shape(), Vec::new());
        let set = DataSet {
            name: "an array".to_owned(),
            train: Arc::new(matrix),
            test: Some(Arc::new(none)),
            test_masks: None,
            file: None,
            columns: None,
            names_of_classes: Vec::new(),
            left_out: Vec::new(),
        };
        let mut prepared = Prepared::new(Parts::new(config, set, None)?)?;
        let folder = tempfile::tempdir()
            .map_err(|source| TrainError::Unwritable { path: std::env::temp_dir(), source })?;
        let stacked = match Stack::new(&prepared.parts)? {
            Some(stack) => {
                let (display, interrupter): (&dyn Fn() -> Display, _) =
                    (&|| Display::Quiet, &Interrupter::new());
                let watch = stack::Watch { display, interrupter, begun: &mut |_, _| () };
                Some(stack.train(&RunFolder::new(folder.path()), watch)?)
            }
            None => None,
        };
        if let Some(Pretrained::Stacked(model)) = stacked {
            prepared.model = *model;
        }
        let fitted = prepared.fit(folder.path(), false, Watch::nobody())?;
        let mut trained = prepared.trained(fitted.model, fitted.best_epoch)?;
        trained.scorer =
            Some(Arc::new(Scorer::fit(&trained, &prepared.parts, prepared.parts.config.score.kind)?));
        Ok(trained)
    }
}

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

    /// How anomalous each row of `x` is, `[examples]`, as `score.kind` of the configuration has it ([`crate::ScoreKind`]): by
    /// default the squared error of its reconstruction in scaled units; of a variational model its negative evidence lower
    /// bound in nats. Of an ensemble the mean of its members'. The higher, the more anomalous.
    ///
    /// # Errors
    /// Those of [`Self::transform`].
    pub fn score_samples(&self, x: ArrayView2<'_, f32>) -> Result<Array1<f64>, Error> {
        let scaled = self.scaled(Arc::new(matrix(x)?))?;
        let of = |trained: &Self| match &trained.scorer {
            Some(scorer) => scorer.scores(trained, &scaled, &mut |_| ()),
            None => {
                Ok(eval::score_samples(&trained.model, &trained.card.loss, &scaled, BATCH, &trained.device)?)
            }
        };
        let scores = std::iter::once(self).chain(&self.members).map(of).collect::<Result<Vec<_>, Error>>()?;
        Ok(Array1::from_vec(mean(&scores)))
    }
}

fn matrix(x: ArrayView2<'_, f32>) -> Result<Matrix, DataError> {
    let matrix = Matrix::new(ExampleShape::Flat(x.ncols()), x.iter().copied().collect());
    match matrix.first_not_finite() {
        Some((row, column, value)) => Err(DataError::NotFinite { row, column, value }),
        None => Ok(matrix),
    }
}

fn array(source: &dyn Source) -> Result<Array2<f32>, Error> {
    let (rows, columns) = (source.len(), source.shape().features());
    let mut values = Array2::zeros((rows, columns));
    if let Some(values) = values.as_slice_mut() {
        source.rows(&(0..rows).collect::<Vec<_>>(), values)?;
    }
    Ok(values)
}
