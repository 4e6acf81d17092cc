//! Up and down again (Smith and Topin 2019).

use autoencoder_core::RangeError;
use serde::{Deserialize, Serialize};

use super::{At, Schedule, half_cosine};

/// From `initial` up to 1 over the first `warm_up` of the steps, then down to `last`, both along
/// half a cosine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneCycle {
    /// The share of all steps spent going up, in `[0, 1)`.
    pub warm_up: f64,
    /// The factor at the first step.
    pub initial: f64,
    /// The factor at the last step.
    #[serde(rename = "final")]
    pub last: f64,
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { warm_up: 0.15, initial: 0.04, last: 1e-3 }
    }
}

impl Schedule for OneCycle {
    fn factor(&self, At { done, .. }: At) -> f64 {
        let Self { warm_up, initial, last } = *self;
        if done < warm_up {
            half_cosine(initial, 1.0, done / warm_up)
        } else {
            half_cosine(1.0, last, (done - warm_up) / (1.0 - warm_up).max(f64::EPSILON))
        }
    }

    fn check(&self) -> Result<(), RangeError> {
        RangeError::check_probability("train.schedule.warm_up", self.warm_up)
            .and(RangeError::check_probability("train.schedule.initial", self.initial))
            .and(RangeError::check_probability("train.schedule.final", self.last))
    }
}
