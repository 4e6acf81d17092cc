//! An opened run: the verbs that use its model are its methods.

use std::sync::Arc;

use autoencoder_core::Seed;
use autoencoder_core::device::Devices;
use autoencoder_datasets::{DataFolder, Listener};
use autoencoder_models::{ModelError, safetensors};
use burn::tensor::Device;

use crate::config::run::RunConfig;
use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::scorer::Scorer;
use crate::model::trained::{BATCH, Trained, check_columns};
use crate::run::folder::RunFolder;
use crate::training::device_check;

/// A run whose model is loaded: its folder, what it computes with, and where its data are looked for.
///
/// ```no_run
/// use autoencoder::prelude::*;
///
/// let run = Run::open(&RunFolder::new("runs/first"), "flex", &DataFolder::new(None))?;
/// run.encode("new.npy".as_ref(), "codes.npy".as_ref(), Shard::WHOLE)?;
/// let evaluation = run.evaluate(None)?;
/// println!("{}", evaluation.splits.test.squared_error_per_example);
/// # Ok::<(), autoencoder::Error>(())
/// ```
#[derive(Debug)]
pub struct Run {
    folder: RunFolder,
    /// The only device.
    devices: Devices,
    trained: Trained,
    /// What its scores are made from; `None` in a run of an earlier toolkit, or one that has not ended.
    scorer: Option<Arc<Scorer>>,
    data: DataFolder,
}

impl Run {
    /// Loads the model of the run in `folder` onto the device of that name, which is compared with flex first. The data
    /// folder's listener is told how far reading and scoring are.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Damaged`], [`Error::Device`], [`Error::WrongDevice`], or what is wrong with the weights.
    pub fn open(folder: &RunFolder, device: &str, data: &DataFolder) -> Result<Self, Error> {
        let devices = Devices::one(device)?;
        let device = devices.first()?;
        let run = Self::on(folder, devices, device, data)?;
        device_check::verify(&run.devices, &run.trained.model, &run.trained.card.loss, BATCH)?;
        Ok(run)
    }

    fn on(folder: &RunFolder, devices: Devices, device: Device, data: &DataFolder) -> Result<Self, Error> {
        let trained = Trained::read(folder, device)?;
        let scorer = Scorer::read(folder, trained.card.shape, &trained.device)?.map(Arc::new);
        Ok(Self { folder: folder.clone(), devices, trained, scorer, data: data.clone() })
    }

    /// A further member of its ensemble, counted from 2, on the same device.
    ///
    /// # Errors
    /// [`Error::NoMember`]; those of [`Self::open`].
    pub(crate) fn member(&self, number: usize) -> Result<Self, Error> {
        let (devices, device) = (self.devices.clone(), self.trained.device.clone());
        match Self::on(&self.folder.member(number), devices, device, &self.data) {
            Err(Error::NoRun { .. }) => Err(Error::NoMember { path: self.folder.path().to_owned(), number }),
            other => other,
        }
    }

    /// Its folder.
    pub fn folder(&self) -> &RunFolder {
        &self.folder
    }

    /// The name of the device that it computes on.
    pub fn device(&self) -> &str {
        self.devices.first_name()
    }

    /// The device that it computes on, as a training takes it.
    pub(crate) fn devices(&self) -> &Devices {
        &self.devices
    }

    /// Its model with everything needed to use it.
    pub fn trained(&self) -> &Trained {
        &self.trained
    }

    /// The model alone.
    pub fn into_trained(self) -> Trained {
        self.trained
    }

    /// The configuration that it is used with.
    ///
    /// # Errors
    /// [`Error::ConfigChanged`] naming what no longer fits the model; what is wrong with `config.toml`.
    pub fn config(&self) -> Result<RunConfig, Error> {
        self.folder.config_in_use()
    }

    /// The parts that it was trained on, scaled as they were then.
    ///
    /// # Errors
    /// [`Error::DataChanged`] where the file is another one since, or what opening the data says.
    pub fn parts(&self) -> Result<Parts, Error> {
        Parts::of_run(&self.config()?, self.folder.data()?.as_ref(), &self.trained.card.scaling, &self.data)
    }

    pub(crate) fn scorer(&self) -> Option<&Arc<Scorer>> {
        self.scorer.as_ref()
    }

    pub(crate) fn data(&self) -> &DataFolder {
        &self.data
    }

    pub(crate) fn listener(&self) -> &Listener {
        self.data.listener()
    }
}

impl Trained {
    /// Loads the model of a run onto the device of that name, which is compared with flex first.
    ///
    /// # Errors
    /// Those of [`Run::open`].
    pub fn load(folder: &RunFolder, device: &str) -> Result<Self, Error> {
        Run::open(folder, device, &DataFolder::new(None)).map(Run::into_trained)
    }

    fn read(folder: &RunFolder, device: Device) -> Result<Self, Error> {
        let (weights, card) = folder.read_model()?;
        let model = card.model.init(card.shape, Seed::new(0), &device)?;
        let damaged = |error: ModelError| Error::Damaged {
            path: folder.file("model/model.safetensors"),
            message: error.to_string(),
        };
        let model = safetensors::load(model, &weights).map_err(damaged)?;
        let columns = folder.data()?.and_then(|data| data.columns);
        check_columns(columns.as_deref(), card.shape)
            .map_err(|message| Error::Damaged { path: folder.file("data.json"), message })?;
        Ok(Self { model, card, columns, device })
    }
}
