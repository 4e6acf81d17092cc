//! Down by a factor every so often.

use autoencoder_core::RangeError;
use serde::{Deserialize, Serialize};

use super::{At, Schedule};

/// Times `factor` after each `every` of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StepDecay {
    /// The share of all steps between two drops, in `(0, 1]`.
    pub every: f64,
    /// What the rate is multiplied by, in `(0, 1]`.
    pub factor: f64,
}

impl Default for StepDecay {
    fn default() -> Self {
        Self { every: 0.25, factor: 0.3 }
    }
}

impl Schedule for StepDecay {
    fn factor(&self, At { step, steps, .. }: At) -> f64 {
        // A drop at the very end would come after the last step. The margin is for shares such as
        // 0.1, of which three tenths are not quite three.
        let share = step.min(steps) as f64 / steps.max(1) as f64;
        self.factor.powf((share / self.every + 1e-9).floor())
    }

    fn check(&self) -> Result<(), RangeError> {
        RangeError::check_share("train.schedule.every", self.every)
            .and(RangeError::check_share("train.schedule.factor", self.factor))
    }
}
