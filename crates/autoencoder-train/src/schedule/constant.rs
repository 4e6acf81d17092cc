//! The rate as it is.

use autoencoder_core::RangeError;
use serde::{Deserialize, Serialize};

use super::{At, Schedule};

/// The rate as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {}

impl Schedule for Constant {
    fn factor(&self, _at: At) -> f64 {
        1.0
    }

    fn check(&self) -> Result<(), RangeError> {
        Ok(())
    }

    fn depends_on_epochs(&self) -> bool {
        false
    }
}
