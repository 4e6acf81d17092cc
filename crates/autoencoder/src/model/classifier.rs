//! A trained classifier with everything needed to use it.

use std::path::PathBuf;
use std::sync::Arc;

use autoencoder_core::{Autoencoder as _, DataError, ExampleShape, Seed, Source, device};
use autoencoder_datasets::{Column, Scaled, Scaling};
use autoencoder_eval::{Answers, Deviations, collect};
use autoencoder_models::{Model, ModelConfig, safetensors};
use autoencoder_train::{Head, Headed, Predictor as _, Standard};
use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::model::trained::{BATCH, check_columns};
use crate::run::folder::RunFolder;

/// `model/classifier.json`: what the weights alone do not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassifierCard {
    /// The version of this format.
    pub format: u32,
    /// The version of the toolkit that wrote it.
    pub toolkit: String,
    /// The architecture of the encoder.
    pub model: ModelConfig,
    /// The shape of one example.
    pub shape: ExampleShape,
    /// How values are scaled.
    pub scaling: Scaling,
    /// What the classes are called, in the order of the outputs; none where a number is learned.
    pub classes: Vec<String>,
    /// How the number was standardised, where one is learned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Standard>,
    /// The columns that the features are of, where it learned from a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
    /// The epoch the weights are of; absent where training was interrupted before the first ended.
    pub best_epoch: Option<usize>,
}

/// A trained classifier: its weights, its scaling and the names of its classes.
#[derive(Debug)]
pub struct Classifier {
    /// The encoder and the head.
    pub model: Headed<Model>,
    /// Architecture, scaling and classes.
    pub card: ClassifierCard,
    /// Where it computes.
    pub device: Device,
    /// The folder it was read from, where it was.
    pub(crate) home: Option<PathBuf>,
}

const WEIGHTS: &str = "model/classifier.safetensors";
const CARD: &str = "model/classifier.json";

impl ClassifierCard {
    /// The version of the format this program writes and reads.
    pub const FORMAT: u32 = 1;

    /// Whether it can be of weights of so many bytes, before a classifier of its size is made.
    ///
    /// # Errors
    /// What does not fit.
    fn check(&self, weights: usize) -> Result<(), String> {
        let encoder = self.model.cost(self.shape).map_err(|error| error.to_string())?.weights;
        if encoder.saturating_mul(size_of::<f32>() as u64) > (weights as u64).saturating_mul(2) {
            return Err("its encoder is larger than its weights".to_owned());
        }
        if self.number.is_none() && self.classes.is_empty() {
            return Err("it has neither classes nor a number".to_owned());
        }
        check_columns(self.columns.as_deref(), self.shape)?;
        self.scaling.check(self.shape.features())
    }

    /// The number of its outputs.
    pub(crate) fn outputs(&self) -> usize {
        if self.number.is_some() { 1 } else { self.classes.len() }
    }

    /// A classifier of that architecture, whose weights are drawn from `seed`.
    pub(crate) fn init(&self, seed: Seed, device: &Device) -> Result<Headed<Model>, Error> {
        let encoder = self.model.init(self.shape, seed, device)?;
        let head = Head::new(encoder.code_size(), self.outputs(), device);
        Ok(Headed { encoder, head })
    }
}

impl Classifier {
    /// Loads the classifier that [`crate::run::Run::finetune`] wrote into `folder` onto the device of that name.
    ///
    /// # Errors
    /// [`Error::NoClassifier`], [`Error::Damaged`], [`Error::Device`].
    pub fn load(folder: &RunFolder, device: &str) -> Result<Self, Error> {
        let read = |name: &str| {
            let path = folder.file(name);
            let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                    Error::NoClassifier { path: folder.path().to_owned() }
                }
                _ => Error::Unreadable { path, source },
            })?;
            folder.check_seal(name, &bytes)?;
            Ok::<_, Error>(bytes)
        };
        let damaged = |name: &str, message: String| Error::Damaged { path: folder.file(name), message };
        let card: ClassifierCard =
            serde_json::from_slice(&read(CARD)?).map_err(|error| damaged(CARD, error.to_string()))?;
        if card.format != ClassifierCard::FORMAT {
            let (found, supported) = (card.format, ClassifierCard::FORMAT);
            return Err(Error::Version { path: folder.file(CARD), found, supported });
        }
        let weights = read(WEIGHTS)?;
        card.check(weights.len()).map_err(|message| damaged(CARD, message))?;
        let device = device::by_name(device)?;
        let model = safetensors::load(card.init(Seed::new(0), &device)?, &weights)
            .map_err(|error| damaged(WEIGHTS, error.to_string()))?;
        Ok(Self { model, card, device, home: Some(folder.path().to_owned()) })
    }

    pub(crate) fn write(&self, folder: &RunFolder) -> Result<(), Error> {
        folder.create_folder("model")?;
        folder.write_sealed(&[
            (WEIGHTS, &safetensors::save(&self.model)?),
            (CARD, &folder.json(CARD, &self.card)?),
        ])
    }

    /// The outputs for examples given in the user's units: logits, `[examples, classes]` row by row, or where a number was
    /// learned that number, `[examples]`.
    ///
    /// # Errors
    /// [`DataError::WrongShape`], or what reading says.
    pub fn predict(&self, data: Arc<dyn Source>) -> Result<Vec<f32>, Error> {
        if data.shape().features() != self.card.shape.features() {
            let (expected, found) = (self.card.shape, data.shape());
            return Err(DataError::WrongShape { expected, found }.into());
        }
        self.predict_scaled(&Scaled::new(data, self.card.scaling.clone()))
    }

    fn predict_scaled(&self, data: &dyn Source) -> Result<Vec<f32>, Error> {
        let mut outputs = collect(data, BATCH, &self.device, |x| self.model.predict(x))?;
        if let Some(Standard { mean, deviation }) = self.card.number {
            outputs.iter_mut().for_each(|output| *output = mean + deviation * *output);
        }
        Ok(outputs)
    }

    /// How far from scaled examples' numbers it is: `values[label]` is the number of a label.
    pub(crate) fn deviations(&self, part: &dyn Source, values: &[f32]) -> Result<Deviations, Error> {
        let outputs = self.predict_scaled(part)?;
        let labels = part.labels().unwrap_or_default();
        let targets: Vec<f32> = labels.iter().map(|&label| values[label as usize]).collect();
        Ok(Deviations::of(&outputs, &targets))
    }

    /// How often it is right about scaled examples with numbered classes.
    pub(crate) fn answers(&self, part: &dyn Source) -> Result<Answers, Error> {
        Ok(Answers::of(&self.predict_scaled(part)?, part.labels().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_models::DenseConfig;
    use burn::tensor::Tensor;

    use super::*;

    #[test]
    fn noise_on_hidden_layers_reaches_each_of_them_and_the_code() {
        let device = Device::flex();
        let config =
            ModelConfig::Dense(DenseConfig { hidden: vec![6, 4], code: 3, ..DenseConfig::default() });
        let encoder = config.init(ExampleShape::Flat(5), Seed::new(1), &device).expect("widths above zero");
        let model = Headed { encoder, head: Head::new(3, 2, &device) };
        let mut widths = Vec::new();
        model.predict_through(Tensor::ones([2, 5], &device), &mut |h| {
            widths.push(h.dims()[1]);
            h
        });
        assert_eq!(widths, [6, 4, 3]);
    }
}
