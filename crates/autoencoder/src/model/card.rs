//! `model/model.json`: what the weights alone do not say.

use autoencoder_core::{ExampleShape, Loss};
use autoencoder_datasets::Scaling;
use autoencoder_models::ModelConfig;
use serde::{Deserialize, Serialize};

/// `model/model.json`: what the weights alone do not say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// The version of this format.
    pub format: u32,
    /// The version of the toolkit that wrote it.
    pub toolkit: String,
    /// The architecture.
    pub model: ModelConfig,
    /// The shape of one example.
    pub shape: ExampleShape,
    /// The number of code units.
    pub code_size: usize,
    /// The loss, which decides the output activation.
    pub loss: Loss,
    /// How values were scaled.
    pub scaling: Scaling,
    /// The epoch the weights are of; absent where training was interrupted before the first ended.
    pub best_epoch: Option<usize>,
}

impl ModelCard {
    /// The version of the format this program writes and reads.
    pub const FORMAT: u32 = 1;

    /// Whether it can be of weights of so many bytes, before a model of its size is made.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn check(&self, weights: usize) -> Result<(), String> {
        let cost = self.model.cost(self.shape).map_err(|error| error.to_string())?;
        if cost.weights.saturating_mul(size_of::<f32>() as u64) > (weights as u64).saturating_mul(2) {
            return Err("its model is larger than its weights".to_owned());
        }
        if self.code_size != self.model.code() {
            return Err(format!(
                "code_size = {} and model.code = {} differ",
                self.code_size,
                self.model.code()
            ));
        }
        self.scaling.check(self.shape.features())
    }
}
