//! Optimisers by name, one file each.

use autoencoder_core::{Kind, RangeError};
use burn::module::ParamGroup;
use burn::optim::{ModuleOptimizer, Optimizer};
use serde::{Deserialize, Serialize};

/// Writes, from one line per optimiser, its module and the configuration that names one.
macro_rules! optimizers {
    ($($module:ident::$type:ident as $variant:ident = $name:literal, $summary:literal;)+) => {
        $(mod $module;)+
        $(pub use $module::$type;)+

        /// An optimiser as the configuration names it.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "lowercase")]
        #[allow(missing_docs, reason = "each variant is documented at the type it holds")]
        pub enum OptimizerConfig {
            $($variant($type),)+
        }

        impl OptimizerConfig {
            /// The optimisers a configuration may name.
            pub const KINDS: &[Kind] = &[$(Kind { name: $name, summary: $summary },)+];

            fn numbers(&self) -> &dyn OptimizerKind {
                match self { $(Self::$variant(numbers) => numbers,)+ }
            }
        }
    };
}

// One line an optimiser: its file and type, its name, what it is.
optimizers! {
    adam::AdamConfig as Adam = "adam", "adaptive moments";
    adamw::AdamWConfig as AdamW = "adamw", "adaptive moments with decoupled weight decay";
    sgd::SgdConfig as Sgd = "sgd", "stochastic gradient descent with momentum";
}

impl Default for OptimizerConfig {
    fn default() -> Self {
        Self::AdamW(AdamWConfig::default())
    }
}

/// What an optimiser's numbers are.
trait OptimizerKind {
    /// The rate that the schedule's factor multiplies.
    fn learning_rate(&self) -> f64;

    /// Checks all but the rate.
    fn check(&self) -> Result<(), RangeError>;

    /// The optimiser of a group beside those of others, if there are any.
    fn beside(&self, others: Option<ModuleOptimizer>, group: ParamGroup) -> ModuleOptimizer;
}

impl OptimizerConfig {
    /// The learning rate before the schedule's factor.
    pub fn learning_rate(&self) -> f64 {
        self.numbers().learning_rate()
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        let rate = self.learning_rate();
        RangeError::check("train.optimizer.learning_rate", rate, rate > 0.0 && rate.is_finite(), "above 0")?;
        self.numbers().check()
    }

    /// The optimiser of a group beside those of others, if there are any.
    pub(crate) fn beside(&self, others: Option<ModuleOptimizer>, group: ParamGroup) -> ModuleOptimizer {
        self.numbers().beside(others, group)
    }
}

fn check_moments([beta_1, beta_2]: [f64; 2], epsilon: f64) -> Result<(), RangeError> {
    check_decay("train.optimizer.beta_1", beta_1)?;
    check_decay("train.optimizer.beta_2", beta_2)?;
    // Without it a gradient of zero would be divided by zero; steps are taken in f32.
    let in_f32 = epsilon as f32;
    RangeError::check("train.optimizer.epsilon", epsilon, in_f32 > 0.0 && in_f32.is_finite(), "above 0")
}

fn check_decay(key: &'static str, decay: f64) -> Result<(), RangeError> {
    RangeError::check(key, decay, (0.0..1.0).contains(&decay), "at least 0 and below 1")
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
