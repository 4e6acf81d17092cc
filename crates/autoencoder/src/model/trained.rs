//! A trained model with everything needed to use it.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::{Autoencoder, DataError, ExampleShape, Source};
use autoencoder_datasets::{Column, Listener, Matrix, Rows, Scaled};
use autoencoder_eval::On;
use autoencoder_models::Model;
use burn::tensor::{Device, Tensor};

use crate::data::parts::scaled;
use crate::data::rows;
use crate::error::Error;
use crate::model::card::ModelCard;

/// How many examples go through the model at a time.
pub(crate) const BATCH: usize = 1024;

/// A trained model: its weights, its scaling and its output activation.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The model, without autodiff.
    pub model: Model,
    /// Architecture, scaling and loss.
    pub card: ModelCard,
    /// The columns that the features are of, where it learned from a table.
    pub columns: Option<Vec<Column>>,
    /// Where it computes.
    pub device: Device,
}

/// Whether the columns are those of examples of that shape.
///
/// # Errors
/// What does not fit.
pub(crate) fn check_columns(columns: Option<&[Column]>, shape: ExampleShape) -> Result<(), String> {
    let Some(columns) = columns else { return Ok(()) };
    let features = columns.iter().map(Column::features).fold(0_usize, usize::saturating_add);
    if features == shape.features() {
        Ok(())
    } else {
        Err(format!("its columns have {features} features, an example of the model {}", shape.features()))
    }
}

impl Trained {
    /// The model under its loss, for what is measured of scaled examples.
    pub fn on(&self) -> On<'_, Model> {
        On { model: &self.model, loss: &self.card.loss, batch_size: BATCH, device: &self.device }
    }

    /// The codes of `data`, given in the user's units: `[examples, codes]`.
    ///
    /// # Errors
    /// [`DataError::WrongShape`], or what reading says.
    pub fn encode(&self, data: Arc<dyn Source>) -> Result<Matrix, Error> {
        let scaled = self.scaled(data)?;
        let codes = self.on().encode(&scaled)?;
        Ok(Matrix::new(ExampleShape::Flat(self.model.code_size()), codes))
    }

    /// The reconstructions of `codes`, in the user's units: `[examples, features]`.
    ///
    /// # Errors
    /// [`DataError::WrongShape`] where the codes are not as wide as the model's, or what reading says.
    pub fn decode(&self, codes: &dyn Source) -> Result<Matrix, Error> {
        let reconstructions = self.on().decode(codes)?;
        Ok(self.in_user_units(reconstructions))
    }

    /// `decode(encode(data))` in the user's units: also what denoises, since the model maps a
    /// corrupted example to a clean one.
    ///
    /// # Errors
    /// [`DataError::WrongShape`], or what reading says.
    pub fn reconstruct(&self, data: Arc<dyn Source>) -> Result<Matrix, Error> {
        let scaled = self.scaled(data)?;
        Ok(self.in_user_units(self.reconstruct_scaled(&scaled)?))
    }

    /// Whether codes have a prior to draw them from, as in a variational model.
    pub fn has_prior(&self) -> bool {
        let nothing = Tensor::zeros([1, self.card.shape.features()], &self.device);
        self.model.encode(nothing).posterior.is_some()
    }

    /// The codes of examples that are scaled already.
    pub(crate) fn codes_of(&self, data: &dyn Source) -> Result<Vec<f32>, Error> {
        Ok(self.on().encode(data)?)
    }

    /// The codes of a scaled part, with its labels.
    pub(crate) fn labelled_codes(&self, part: &Arc<dyn Source>) -> Result<Arc<dyn Source>, Error> {
        let codes = Matrix::new(ExampleShape::Flat(self.model.code_size()), self.codes_of(part.as_ref())?);
        Ok(Arc::new(codes.with_labels(part.labels().unwrap_or_default().to_vec())))
    }

    /// The reconstructions of examples that are scaled already, in scaled units.
    pub(crate) fn reconstruct_scaled(&self, data: &dyn Source) -> Result<Vec<f32>, Error> {
        Ok(self.on().reconstruct(data)?)
    }

    /// How many values of each row of `data`, given in the user's units, lie outside of the range of the training part:
    /// `[rows]`.
    ///
    /// # Errors
    /// What reading says.
    pub fn outside(&self, data: &dyn Source) -> Result<Vec<u32>, Error> {
        Ok(self.card.scaling.outside(data)?)
    }

    /// How far each row of `data` lies outside of the range of the training part, where the loss is not defined there and it
    /// is cut: the squared distance in scaled units, `[rows]`. Zero elsewhere.
    pub(crate) fn squared_excess(&self, data: &dyn Source) -> Result<Vec<f64>, Error> {
        if self.card.loss.is_bounded() {
            Ok(self.card.scaling.squared_excess(data)?)
        } else {
            Ok(vec![0.0; data.len()])
        }
    }

    /// Examples as the model takes them.
    ///
    /// # Errors
    /// [`DataError::WrongShape`]; values that the loss is not defined for.
    pub(crate) fn scaled(&self, data: Arc<dyn Source>) -> Result<Scaled, Error> {
        if data.shape().features() != self.card.shape.features() {
            return Err(DataError::WrongShape { expected: self.card.shape, found: data.shape() }.into());
        }
        let scaled = scaled(data, &self.card.scaling, &self.card.loss);
        if self.card.loss.is_bounded() && !self.card.scaling.clip {
            self.card.loss.check(&scaled)?;
        }
        Ok(scaled)
    }

    /// Rows for the model: of a table its columns, whatever else it has and in whatever order; pictures in its size.
    ///
    /// # Errors
    /// What reading says; a column that is missing is named.
    pub(crate) fn read_rows(&self, path: &Path, listener: &Listener) -> Result<Rows, Error> {
        rows::read(path, self.card.shape, self.columns.as_deref(), &self.card.scaling, listener)
    }

    /// The columns that the features are of: those of the table it learned from, else one for each.
    pub(crate) fn columns(&self) -> Vec<Column> {
        self.columns.clone().unwrap_or_else(|| rows::numbered("column", self.card.shape.features()))
    }

    fn in_user_units(&self, mut values: Vec<f32>) -> Matrix {
        let origin = self.card.scaling.invert(&mut values);
        Matrix::new(self.card.shape, values).with_origin(origin)
    }
}
