//! Code units that say different things: `Ω = 1/2 Σ_{k≠l} C_kl²` with `C` the covariance of the code over
//! the batch (Cogswell et al. 2016, Reducing overfitting by decorrelating representations, eq. 3).

use autoencoder_core::{Facts, Needs, Pass, Penalty, RangeError};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::PenaltyWeight;

/// `weight / 2 * Σ_{k≠l} C_kl²`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Orthogonal {
    /// At least 0; a number or a ramp.
    pub weight: PenaltyWeight,
}

impl Default for Orthogonal {
    fn default() -> Self {
        Self { weight: 1e-2.into() }
    }
}

impl Orthogonal {
    /// Checks the weight.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        self.weight.check()
    }
}

impl Penalty for Orthogonal {
    fn name(&self) -> &'static str {
        "orthogonal"
    }

    fn needs(&self) -> Needs {
        Needs::Code
    }

    fn term(&self, _model: &dyn Facts, pass: &Pass) -> Tensor<1> {
        let h = pass.code.h.clone();
        let [batch, codes] = h.dims();
        let centred = h.clone() - h.mean_dim(0);
        let covariance = centred.clone().transpose().matmul(centred).div_scalar(batch.max(1) as f64);
        // The diagonal is masked, not subtracted: where variances are large, nothing would be left of the rest.
        let off_diagonal = Tensor::eye(codes, &covariance.device()).neg().add_scalar(1.0);
        let covariance = covariance * off_diagonal;
        (covariance.clone() * covariance).sum().mul_scalar(0.5)
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
    use burn::tensor::Device;

    use super::*;

    fn term(h: Tensor<2>) -> Tensor<1> {
        Orthogonal::default().term(&NoFacts, &pass_of_code(h))
    }

    #[test]
    fn it_is_half_the_squared_covariances_off_the_diagonal() {
        // The deviations are (-1, 1), (2, -2) and (0, 0): one covariance of -2, which counts twice.
        let h = Tensor::<2>::from_data([[1.0, 5.0, 3.0], [3.0, 1.0, 3.0]], &Device::flex());
        assert_eq!(term(h).into_scalar::<f32>(), 4.0);
    }

    #[test]
    fn uncorrelated_units_cost_nothing_wherever_their_means_are() {
        let h = Tensor::<2>::from_data([[8.0, 3.0], [8.0, 5.0], [6.0, 3.0], [6.0, 5.0]], &Device::flex());
        assert_eq!(term(h).into_scalar::<f32>(), 0.0);
    }

    #[test]
    fn large_variances_do_not_hide_small_covariances() {
        // Deviations of 4096 and 1/16 that are all of one sign: covariance 256, variance 2^24.
        let h = Tensor::<2>::from_data([[4096.0, 0.0625], [-4096.0, -0.0625]], &Device::flex());
        assert_eq!(term(h).into_scalar::<f32>(), 256.0 * 256.0);
    }

    #[test]
    fn its_gradient_agrees_with_finite_differences() {
        assert!(gradient_error([[0.4, -0.9, 0.3], [-2.0, 0.1, 1.0], [0.5, 0.6, -0.7]], term) < 1e-3);
    }
}
