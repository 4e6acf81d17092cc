//! What is measured: a model under a loss, batch by batch on a device.

use autoencoder_core::{Autoencoder, Loss};
use burn::tensor::Device;

/// A model under a loss, whose output activation its reconstructions go through, on a device. What it computes of a source
/// are its methods; examples are scaled as the model takes them.
pub struct On<'a, A: Autoencoder> {
    /// The model.
    pub model: &'a A,
    /// The loss.
    pub loss: &'a Loss,
    /// How many examples go through the model at a time.
    pub batch_size: usize,
    /// Where it computes.
    pub device: &'a Device,
}
