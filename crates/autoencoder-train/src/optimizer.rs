//! Optimisers by name.

use autoencoder_core::{Kind, RangeError};
use autoencoder_kernels::optim::{Adam, AdamW, Sgd};
use burn::module::ParamGroup;
use burn::optim::{ModuleOptimizer, Optimizer};
use serde::{Deserialize, Serialize};

/// An optimiser as the configuration names it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum OptimizerConfig {
    /// Kingma and Ba 2015.
    Adam(AdamConfig),
    /// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
    AdamW(AdamWConfig),
    /// Stochastic gradient descent with momentum.
    Sgd(SgdConfig),
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self::AdamW(AdamWConfig::default())
    }
}

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

impl OptimizerConfig {
    /// The optimisers a configuration may name.
    pub const KINDS: &[Kind] = &[
        Kind { name: "adam", summary: "adaptive moments" },
        Kind { name: "adamw", summary: "adaptive moments with decoupled weight decay" },
        Kind { name: "sgd", summary: "stochastic gradient descent with momentum" },
    ];

    /// The learning rate before the schedule's factor.
    pub fn learning_rate(&self) -> f64 {
        match self {
            Self::Adam(config) => config.learning_rate,
            Self::AdamW(config) => config.learning_rate,
            Self::Sgd(config) => config.learning_rate,
        }
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        let rate = self.learning_rate();
        RangeError::check("train.optimizer.learning_rate", rate, rate > 0.0 && rate.is_finite(), "above 0")?;
        let (betas, epsilon, decay) = match *self {
            Self::Adam(AdamConfig { beta_1, beta_2, epsilon, .. }) => {
                ([("train.optimizer.beta_1", beta_1), ("train.optimizer.beta_2", beta_2)], epsilon, 0.0)
            }
            Self::AdamW(AdamWConfig { beta_1, beta_2, epsilon, weight_decay, .. }) => (
                [("train.optimizer.beta_1", beta_1), ("train.optimizer.beta_2", beta_2)],
                epsilon,
                weight_decay,
            ),
            Self::Sgd(SgdConfig { momentum, .. }) => ([("train.optimizer.momentum", momentum); 2], 1.0, 0.0),
        };
        for (key, beta) in betas {
            RangeError::check(key, beta, (0.0..1.0).contains(&beta), "at least 0 and below 1")?;
        }
        // Without it a gradient of zero would be divided by zero; steps are taken in f32.
        let in_f32 = epsilon as f32;
        RangeError::check("train.optimizer.epsilon", epsilon, in_f32 > 0.0 && in_f32.is_finite(), "above 0")?;
        RangeError::check_magnitude("train.optimizer.weight_decay", decay)
    }

    /// The optimiser of a group beside those of others, if there are any.
    pub(crate) fn beside(&self, others: Option<ModuleOptimizer>, group: ParamGroup) -> ModuleOptimizer {
        match *self {
            Self::Adam(AdamConfig { beta_1, beta_2, epsilon, .. }) => {
                let (beta_1, beta_2) = (beta_1 as f32, beta_2 as f32);
                with(others, group, Adam { beta_1, beta_2, epsilon: epsilon as f32, weight_decay: 0.0 })
            }
            Self::AdamW(AdamWConfig { beta_1, beta_2, epsilon, weight_decay, .. }) => {
                let (beta_1, beta_2, epsilon) = (beta_1 as f32, beta_2 as f32, epsilon as f32);
                with(others, group, AdamW { beta_1, beta_2, epsilon, weight_decay: weight_decay as f32 })
            }
            Self::Sgd(SgdConfig { momentum, nesterov, .. }) => {
                with(others, group, Sgd { momentum: momentum as f32, nesterov, weight_decay: 0.0 })
            }
        }
    }
}

fn with<O: Optimizer>(others: Option<ModuleOptimizer>, group: ParamGroup, optimizer: O) -> ModuleOptimizer {
    match others {
        Some(others) => others.with_group(group, optimizer, None),
        None => optimizer.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_outside_their_range_name_their_key() {
        let adam = |epsilon| OptimizerConfig::Adam(AdamConfig { epsilon, ..AdamConfig::default() });
        assert!(adam(1e-8).check().is_ok());
        for epsilon in [0.0, -1.0, 1e-60, f64::NAN] {
            let message = adam(epsilon).check().expect_err("refused").to_string();
            assert!(message.contains("train.optimizer.epsilon"), "{message}");
        }
        let rate = AdamWConfig { learning_rate: 0.0, ..AdamWConfig::default() };
        assert!(OptimizerConfig::AdamW(rate).check().is_err());
        let momentum = SgdConfig { momentum: 1.0, ..SgdConfig::default() };
        assert!(OptimizerConfig::Sgd(momentum).check().is_err());
    }
}
