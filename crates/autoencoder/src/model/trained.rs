//! A trained model with everything needed to use it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use autoencoder_core::{Autoencoder, DataError, ExampleShape, Source, device};
use autoencoder_datasets::{Column, DataFolder, Matrix, Progress, Rows, Scaled};
use autoencoder_eval as eval;
use autoencoder_models::Model;
use burn::tensor::{Device, Tensor};

use crate::data::parts::{Parts, scaled};
use crate::data::rows;
use crate::error::Error;
use crate::model::card::ModelCard;
use crate::model::scorer::Scorer;
use crate::run::folder::RunFolder;
use crate::training::device_check;

/// How many examples go through the model at a time.
pub(crate) const BATCH: usize = 1024;

/// A trained model: its weights, its scaling and its output activation.
#[derive(Debug)]
pub struct Trained {
    /// The model, without autodiff.
    pub model: Model,
    /// Architecture, scaling and loss.
    pub card: ModelCard,
    /// The columns that the features are of, where it learned from a table.
    pub columns: Option<Vec<Column>>,
    /// Where it computes.
    pub device: Device,
    /// The folder of its run, where it was read from one.
    pub(crate) home: Option<PathBuf>,
    /// What its scores are made from; `None` in a run of an earlier toolkit, or one that has not ended.
    pub(crate) scorer: Option<Arc<Scorer>>,
    /// The further members of its ensemble.
    pub(crate) members: Vec<Self>,
}

/// Whether the columns are those of examples of that shape.
///
/// # Errors
/// What does not fit.
pub(crate) fn check_columns(columns: Option<&[Column]>, shape: ExampleShape) -> Result<(), String> {
    let Some(columns) = columns else { return Ok(()) };
    let features = columns.iter().map(Column::features).fold(0_usize, usize::saturating_add);
    match features == shape.features() {
        true => Ok(()),
        false => {
            Err(format!("its columns have {features} features, an example of the model {}", shape.features()))
        }
    }
}

impl Trained {
    /// Loads the model of a run onto the device of that name, which is compared with flex first.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Damaged`], [`Error::Device`], [`Error::WrongDevice`], or what is wrong with the weights.
    pub fn load(folder: &RunFolder, name: &str) -> Result<Self, Error> {
        let trained = Self::read(folder, device::by_name(name)?)?;
        device_check::verify(name, &trained.model, &trained.card.loss, BATCH)?;
        Ok(trained)
    }

    /// The model of another run on this one's device.
    ///
    /// # Errors
    /// Those of [`Self::load`].
    pub(crate) fn beside(&self, folder: &RunFolder) -> Result<Self, Error> {
        Self::read(folder, self.device.clone())
    }

    fn read(folder: &RunFolder, device: Device) -> Result<Self, Error> {
        let (weights, card) = folder.read_model()?;
        let model = card.model.init(card.shape, autoencoder_core::Seed::new(0), &device)?;
        let damaged = |error: autoencoder_models::ModelError| Error::Damaged {
            path: folder.file("model/model.safetensors"),
            message: error.to_string(),
        };
        let model = autoencoder_models::safetensors::load(model, &weights).map_err(damaged)?;
        let columns = folder.data()?.and_then(|data| data.columns);
        check_columns(columns.as_deref(), card.shape)
            .map_err(|message| Error::Damaged { path: folder.file("data.json"), message })?;
        let scorer = Scorer::read(folder, card.shape, &device)?.map(Arc::new);
        let home = Some(folder.path().to_owned());
        Ok(Self { model, card, columns, device, home, scorer, members: Vec::new() })
    }

    /// The codes of `data`, given in the user's units: `[examples, codes]`.
    ///
    /// # Errors
    /// [`DataError::WrongShape`], or what reading says.
    pub fn encode(&self, data: Arc<dyn Source>) -> Result<Matrix, Error> {
        let scaled = self.scaled(data)?;
        let codes = eval::encode(&self.model, &scaled, BATCH, &self.device)?;
        Ok(Matrix::new(ExampleShape::Flat(self.model.code_size()), codes))
    }

    /// The reconstructions of `codes`, in the user's units: `[examples, features]`.
    ///
    /// # Errors
    /// [`DataError::WrongShape`] where the codes are not as wide as the model's, or what reading says.
    pub fn decode(&self, codes: &dyn Source) -> Result<Matrix, Error> {
        let reconstructions = eval::decode(&self.model, &self.card.loss, codes, BATCH, &self.device)?;
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

    /// The parts that the run in `folder` was trained on, scaled as they were then.
    ///
    /// # Errors
    /// [`Error::DataChanged`] where the file is another one since, or what opening the data says.
    pub fn parts(
        &self,
        folder: &RunFolder,
        data: &DataFolder,
        fetching: &mut dyn FnMut(Progress),
    ) -> Result<Parts, Error> {
        let card = folder.data()?;
        Parts::of_run(&folder.config_in_use()?, card.as_ref(), &self.card.scaling, data, fetching)
    }

    /// Whether codes have a prior to draw them from, as in a variational model.
    pub fn has_prior(&self) -> bool {
        let nothing = Tensor::zeros([1, self.card.shape.features()], &self.device);
        self.model.encode(nothing).posterior.is_some()
    }

    /// The codes of examples that are scaled already.
    pub(crate) fn codes_of(&self, data: &dyn Source) -> Result<Vec<f32>, Error> {
        Ok(eval::encode(&self.model, data, BATCH, &self.device)?)
    }

    /// The codes of a scaled part, with its labels.
    pub(crate) fn labelled_codes(&self, part: &Arc<dyn Source>) -> Result<Arc<dyn Source>, Error> {
        let codes = Matrix::new(ExampleShape::Flat(self.model.code_size()), self.codes_of(part.as_ref())?);
        Ok(Arc::new(codes.with_labels(part.labels().unwrap_or_default().to_vec())))
    }

    /// The reconstructions of examples that are scaled already, in scaled units.
    pub(crate) fn reconstruct_scaled(&self, data: &dyn Source) -> Result<Vec<f32>, Error> {
        Ok(eval::reconstruct(&self.model, &self.card.loss, data, BATCH, &self.device)?)
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
        match self.card.loss.is_bounded() {
            true => Ok(self.card.scaling.squared_excess(data)?),
            false => Ok(vec![0.0; data.len()]),
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
    pub(crate) fn read_rows(&self, path: &Path, progress: &mut dyn FnMut(Progress)) -> Result<Rows, Error> {
        rows::read(path, self.card.shape, self.columns.as_deref(), &self.card.scaling, progress)
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
