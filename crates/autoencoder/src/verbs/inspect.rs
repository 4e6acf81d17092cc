//! `ae inspect`: what a run is.

use autoencoder_core::Autoencoder as _;
use autoencoder_train::{Checkpoints, EpochRecord};
use burn::module::Module as _;
use serde::Serialize;

use crate::error::Error;
use crate::model::card::ModelCard;
use crate::run::open::Run;

/// What a run is, in one document.
#[derive(Clone, Debug, Serialize)]
pub struct Inspection {
    /// Architecture, scaling and loss.
    pub card: ModelCard,
    /// The number of trainable numbers.
    pub parameters: usize,
    /// The number of code units.
    pub code_size: usize,
    /// The architecture layer by layer, as Burn writes it.
    pub architecture: String,
    /// The configuration, as TOML.
    pub config: String,
    /// Complete epochs.
    pub epochs: usize,
    /// The record of the best epoch.
    pub best: Option<EpochRecord>,
    /// The epoch that `--resume` would continue from.
    pub resumes_from: Option<usize>,
}

impl Run {
    /// Reads a run without touching its data.
    ///
    /// # Errors
    /// [`Error::NoRun`], [`Error::Damaged`], or what is wrong with the metrics.
    pub fn inspect(&self) -> Result<Inspection, Error> {
        let (folder, trained) = (self.folder(), self.trained());
        let history = folder.history()?;
        Ok(Inspection {
            parameters: trained.model.num_params(),
            code_size: trained.model.code_size(),
            architecture: trained.model.to_string(),
            config: folder.trained_with()?.map_or_else(|| folder.config(), Ok)?.to_toml()?,
            epochs: history.epochs.len(),
            best: trained.card.best_epoch.and_then(|best| history.of(best)).cloned(),
            resumes_from: Checkpoints::new(folder.file("checkpoints")).last(),
            card: trained.card.clone(),
        })
    }
}
