//! A straight line down.

use autoencoder_core::RangeError;
use serde::{Deserialize, Serialize};

use super::{At, Schedule};

/// From 1 down to `last` in a straight line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinearDecay {
    /// The factor at the last step.
    #[serde(rename = "final")]
    pub last: f64,
}

impl Schedule for LinearDecay {
    fn factor(&self, At { done, .. }: At) -> f64 {
        1.0 + (self.last - 1.0) * done
    }

    fn check(&self) -> Result<(), RangeError> {
        RangeError::check_probability("train.schedule.final", self.last)
    }
}
