//! Adam with decoupled weight decay (Loshchilov and Hutter 2019).

use autoencoder_core::RangeError;
use autoencoder_kernels::optim::AdamW;
use burn::module::ParamGroup;
use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

use super::{OptimizerKind, check_moments, with};

/// AdamW's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamWConfig {
    /// The rate that the schedule's factor multiplies.
    pub learning_rate: f64,
    /// Decay of the first moment, in `[0, 1)`.
    pub beta_1: f64,
    /// Decay of the second moment, in `[0, 1)`.
    pub beta_2: f64,
    /// Added to the root of the second moment; above 0.
    pub epsilon: f64,
    /// The share of each parameter taken off a step, times the rate.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { learning_rate: 2e-3, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, weight_decay: 0.01 }
    }
}

impl OptimizerKind for AdamWConfig {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn check(&self) -> Result<(), RangeError> {
        check_moments([self.beta_1, self.beta_2], self.epsilon)?;
        RangeError::check_magnitude("train.optimizer.weight_decay", self.weight_decay)
    }

    fn beside(&self, others: Option<ModuleOptimizer>, group: ParamGroup) -> ModuleOptimizer {
        let (beta_1, beta_2, epsilon) = (self.beta_1 as f32, self.beta_2 as f32, self.epsilon as f32);
        with(others, group, AdamW { beta_1, beta_2, epsilon, weight_decay: self.weight_decay as f32 })
    }
}
