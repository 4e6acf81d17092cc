//! Down by the same factor over the whole run, a little each step.

use autoencoder_core::RangeError;
use serde::{Deserialize, Serialize};

use super::{At, Schedule};

/// `last^(step / steps)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExponentialDecay {
    /// The factor at the last step, in `(0, 1]`.
    #[serde(rename = "final")]
    pub last: f64,
}

impl Default for ExponentialDecay {
    fn default() -> Self {
        Self { last: 0.01 }
    }
}

impl Schedule for ExponentialDecay {
    fn factor(&self, At { done, .. }: At) -> f64 {
        self.last.powf(done)
    }

    fn check(&self) -> Result<(), RangeError> {
        RangeError::check_share("train.schedule.final", self.last)
    }
}
