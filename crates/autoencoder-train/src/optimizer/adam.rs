//! Adam (Kingma and Ba 2015).

use autoencoder_core::RangeError;
use autoencoder_kernels::optim::Adam;
use burn::module::ParamGroup;
use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

use super::{OptimizerKind, check_moments, with};

/// Adam's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamConfig {
    /// The rate that the schedule's factor multiplies.
    pub learning_rate: f64,
    /// Decay of the first moment, in `[0, 1)`.
    pub beta_1: f64,
    /// Decay of the second moment, in `[0, 1)`.
    pub beta_2: f64,
    /// Added to the root of the second moment; above 0.
    pub epsilon: f64,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { learning_rate: 1e-3, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8 }
    }
}

impl OptimizerKind for AdamConfig {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn check(&self) -> Result<(), RangeError> {
        check_moments([self.beta_1, self.beta_2], self.epsilon)
    }

    fn beside(&self, others: Option<ModuleOptimizer>, group: ParamGroup) -> ModuleOptimizer {
        let (beta_1, beta_2) = (self.beta_1 as f32, self.beta_2 as f32);
        with(others, group, Adam { beta_1, beta_2, epsilon: self.epsilon as f32, weight_decay: 0.0 })
    }
}
