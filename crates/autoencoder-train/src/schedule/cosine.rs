//! Half a cosine down (Loshchilov and Hutter 2017, without restarts).

use autoencoder_core::RangeError;
use serde::{Deserialize, Serialize};

use super::{At, Schedule, half_cosine};

/// From 1 down to `last` along half a cosine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CosineDecay {
    /// The factor at the last step.
    #[serde(rename = "final")]
    pub last: f64,
}

impl Schedule for CosineDecay {
    fn factor(&self, At { done, .. }: At) -> f64 {
        half_cosine(1.0, self.last, done)
    }

    fn check(&self) -> Result<(), RangeError> {
        RangeError::check_probability("train.schedule.final", self.last)
    }
}
