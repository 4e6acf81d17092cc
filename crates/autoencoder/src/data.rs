//! From a `[data]` table to scaled training, validation and test parts.

use std::sync::Arc;

use autoencoder_core::{ExampleShape, Seed, Source};
use autoencoder_datasets::{DataFolder, Progress, Scaled, Scaling, Splits, open, split};

use crate::{Error, RunConfig};

/// The parts of a run's data, scaled.
pub struct Parts {
    /// The shape of one example.
    pub shape: ExampleShape,
    /// Fitted on the training part alone.
    pub scaling: Scaling,
    /// What is learned from.
    pub train: Arc<dyn Source>,
    /// What the best epoch is chosen by.
    pub validation: Arc<dyn Source>,
    /// What is reported.
    pub test: Arc<dyn Source>,
}

impl Parts {
    /// Opens the data set, fetching it if need be, splits it and fits the scaling. The same
    /// configuration gives the same parts.
    ///
    /// # Errors
    /// What opening, fetching, splitting or reading says.
    pub fn open(
        config: &RunConfig,
        folder: &DataFolder,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, Error> {
        let seed = Seed::new(config.train.seed).stream("data");
        let data = &config.data;
        let set = open(&data.source, folder, data.examples, seed, progress)?;
        let Splits { train, validation, test } = split(set, data.validation, data.test, seed)?;
        let scaling = Scaling::fit(data.scaling, train.as_ref(), seed.stream("bits"))?;
        let scaled = |source| -> Arc<dyn Source> { Arc::new(Scaled::new(source, scaling.clone())) };
        Ok(Self {
            shape: train.shape(),
            train: scaled(train),
            validation: scaled(validation),
            test: scaled(test),
            scaling,
        })
    }
}
