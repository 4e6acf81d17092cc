//! Stochastic gradient descent with momentum.

use autoencoder_core::RangeError;
use autoencoder_kernels::optim::Sgd;
use burn::module::ParamGroup;
use burn::optim::ModuleOptimizer;
use serde::{Deserialize, Serialize};

use super::{OptimizerKind, check_decay, with};

/// The numbers of stochastic gradient descent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SgdConfig {
    /// The rate that the schedule's factor multiplies.
    pub learning_rate: f64,
    /// The share of the last step that is kept, in `[0, 1)`.
    pub momentum: f64,
    /// Whether the gradient is taken ahead of the momentum (Sutskever et al. 2013).
    pub nesterov: bool,
}

impl Default for SgdConfig {
    fn default() -> Self {
        Self { learning_rate: 0.01, momentum: 0.9, nesterov: false }
    }
}

impl OptimizerKind for SgdConfig {
    fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    fn check(&self) -> Result<(), RangeError> {
        check_decay("train.optimizer.momentum", self.momentum)
    }

    fn beside(&self, others: Option<ModuleOptimizer>, group: ParamGroup) -> ModuleOptimizer {
        let (momentum, nesterov) = (self.momentum as f32, self.nesterov);
        with(others, group, Sgd { momentum, nesterov, weight_decay: 0.0 })
    }
}
