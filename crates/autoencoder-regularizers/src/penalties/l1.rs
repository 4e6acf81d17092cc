//! L1 on the code: `Ω = Σ_k |h_k|`, averaged over the batch. It drives code units to zero, so that few
//! are active for an example.

use autoencoder_core::{Facts, Needs, Pass, Penalty, RangeError};
use autoencoder_kernels::sparsity::l1;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::PenaltyWeight;

/// `weight * mean over the batch of Σ_k |h_k|`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct L1 {
    /// At least 0; a number or a ramp.
    pub weight: PenaltyWeight,
}

impl Default for L1 {
    fn default() -> Self {
        Self { weight: 1e-3.into() }
    }
}

impl L1 {
    /// Checks the weight.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        self.weight.check()
    }
}

impl Penalty for L1 {
    fn name(&self) -> &'static str {
        "l1"
    }

    fn needs(&self) -> Needs {
        Needs::Code
    }

    fn term(&self, _model: &dyn Facts, pass: &Pass) -> Tensor<1> {
        l1(pass.code.h.clone())
    }

    fn weight(&self, progress: f64) -> f64 {
        self.weight.at(progress)
    }

    fn settled(&self) -> f64 {
        self.weight.settled()
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::{NoFacts, gradient_error, pass_of_code};

    use super::*;

    fn term(h: Tensor<2>) -> Tensor<1> {
        L1::default().term(&NoFacts, &pass_of_code(h))
    }

    #[test]
    fn it_is_the_mean_over_examples_of_the_sum_of_magnitudes() {
        let h = Tensor::<2>::from_data([[1.0, -2.0], [0.0, 4.5]], &burn::tensor::Device::flex());
        assert_eq!(term(h).into_scalar::<f32>(), 3.75);
    }

    #[test]
    fn its_gradient_agrees_with_finite_differences() {
        assert!(gradient_error([[0.4, -0.9], [-2.0, 0.1]], term) < 1e-3);
    }

    #[test]
    fn a_negative_weight_is_refused() {
        let error = L1 { weight: (-1.0).into() }.check().expect_err("refused").to_string();
        assert!(error.contains("weight = -1"), "{error}");
        assert!(L1 { weight: f64::NAN.into() }.check().is_err());
    }
}
