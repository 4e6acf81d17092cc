//! Training on an array in memory, and data sets as arrays.

use std::sync::Arc;

use autoencoder_core::{ExampleShape, Seed, Source as _};
use autoencoder_datasets::{DataFolder, DataSet, Matrix, Wanted, open};
use autoencoder_train::{Start, TrainError};
use ndarray::{Array2, ArrayView2};

use crate::config::run::RunConfig;
use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::arrays::{array, matrix};
use crate::model::estimator::Estimator;
use crate::model::scorer::Scorer;
use crate::run::folder::RunFolder;
use crate::training::prepared::{Prepared, Watch};
use crate::training::session::Session;
use crate::training::stack::{Pretrained, Stack};

/// The first `examples` training examples (`None` for all) of a data set by name, or of a file by path, `[examples,
/// features]`. Data sets that are not made on the spot are looked for, and kept, where `ae` does.
///
/// # Errors
/// What finding, fetching or reading the data says.
pub fn load(data: &str, examples: Option<usize>) -> Result<Array2<f32>, Error> {
    let wanted = Wanted { examples, ..Wanted::all(data, Seed::new(0)) };
    array(open(wanted, &DataFolder::new(None))?.train.as_ref())
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
    /// Those of [`RunConfig::check`]; [`autoencoder_core::DataError::NotFinite`]; whatever does not fit; a folder for its checkpoints that
    /// the system does not give; what stopped the training.
    pub fn fit(&self, x: ArrayView2<'_, f32>) -> Result<Estimator, Error> {
        let members = self.score.members;
        let mut first = self.fit_one(x)?;
        for number in 2..=members {
            first.members.push(self.of_member(number).fit_one(x)?);
        }
        Ok(first)
    }

    /// One model of [`Self::fit`].
    fn fit_one(&self, x: ArrayView2<'_, f32>) -> Result<Estimator, Error> {
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
                Some(stack.train(&RunFolder::new(folder.path()), &Session::quiet(), &|_, _| ())?)
            }
            None => None,
        };
        if let Some(Pretrained::Stacked(model)) = stacked {
            prepared.model = *model;
        }
        let fitted = prepared.fit(folder.path(), Start::New, Watch::nobody())?;
        let trained = prepared.trained(fitted.model, fitted.best_epoch)?;
        let scorer = Scorer::fit(&trained, &prepared.parts, prepared.parts.config.score.kind)?;
        Ok(Estimator { trained, scorer: Arc::new(scorer), members: Vec::new() })
    }
}
