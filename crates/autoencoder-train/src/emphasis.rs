//! Emphasised denoising: what was corrupted counts more than what was not.

use autoencoder_core::RangeError;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

/// The weights of the components that a corruption changed and of those it left as they were, `alpha` and `beta` of Vincent
/// et al. 2010, section 3.5: `L = alpha Σ_corrupted l(x_j, x^_j) + beta Σ_clean l(x_j, x^_j)`. A component that the
/// corruption set to the value it had already counts as clean.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Emphasis {
    /// Of corrupted components; at least 0.
    pub corrupted: f64,
    /// Of the others; at least 0.
    pub clean: f64,
}

impl Default for Emphasis {
    fn default() -> Self {
        Self { corrupted: 1.0, clean: 0.5 }
    }
}

impl Emphasis {
    /// Checks both weights.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        RangeError::check_magnitude("emphasis.corrupted", self.corrupted)?;
        RangeError::check_magnitude("emphasis.clean", self.clean)?;
        let sum = self.corrupted + self.clean;
        RangeError::check(
            "emphasis.corrupted",
            self.corrupted,
            sum > 0.0,
            "above 0, or emphasis.clean above 0",
        )
    }

    /// The weight of each component, 1 where it was changed and 0 where not, `[batch, features]`.
    pub(crate) fn weights(&self, changed: Tensor<2>) -> Tensor<2> {
        changed.mul_scalar(self.corrupted - self.clean).add_scalar(self.clean)
    }
}
