//! Sparsity of a sigmoid code by its mean activity: `Ω = Σ_k KL(ρ || ρ^_k)` between two Bernoulli
//! variables, `ρ ln(ρ / ρ^_k) + (1 - ρ) ln((1 - ρ) / (1 - ρ^_k))` in nats, with `ρ^_k` the mean of unit `k`
//! over the batch (Lee, Ekanadham and Ng 2008; Ng 2011, Sparse autoencoder, section 3).

use autoencoder_core::{Facts, Needs, Pass, Penalty};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::{RegularizerError, Weight};

/// How near to 0 or 1 a mean activity may come: where every unit is saturated the divergence is finite.
const MARGIN: f64 = 1e-6;

/// `weight * Σ_k KL(ρ || mean activity of unit k)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kl {
    /// At least 0; a number or a ramp.
    pub weight: Weight,
    /// The mean activity `ρ` that units are drawn to, above 0 and below 1.
    pub rho: f64,
}

impl Default for Kl {
    fn default() -> Self {
        Self { weight: 0.1.into(), rho: 0.05 }
    }
}

impl Kl {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`RegularizerError`] naming the key.
    pub fn check(&self) -> Result<(), RegularizerError> {
        self.weight.check()?;
        match self.rho > 0.0 && self.rho < 1.0 {
            true => Ok(()),
            false => Err(RegularizerError { key: "rho", value: self.rho, expected: "above 0 and below 1" }),
        }
    }
}

impl Penalty for Kl {
    fn name(&self) -> &'static str {
        "kl"
    }

    fn needs(&self) -> Needs {
        Needs::UnitCode
    }

    fn term(&self, _model: &dyn Facts, pass: &Pass) -> Tensor<1> {
        let activity = pass.code.h.clone().mean_dim(0).clamp(MARGIN, 1.0 - MARGIN); // [1, codes]
        let [_, codes] = activity.dims();
        let cross = activity.clone().log().mul_scalar(-self.rho)
            - activity.neg().add_scalar(1.0).log().mul_scalar(1.0 - self.rho);
        let entropy = -self.rho * self.rho.ln() - (1.0 - self.rho) * (1.0 - self.rho).ln();
        cross.sum().sub_scalar(entropy * codes as f64)
    }

    fn weight(&self, progress: f64) -> f64 {
        self.weight.at(progress)
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::{NoFacts, gradient_error, pass_of_code};
    use burn::tensor::Device;

    use super::*;

    fn term(h: Tensor<2>) -> Tensor<1> {
        Kl { rho: 0.2, ..Kl::default() }.term(&NoFacts, &pass_of_code(h))
    }

    #[test]
    fn it_is_the_divergence_of_each_units_mean_activity() {
        let h = Tensor::<2>::from_data([[0.1, 0.6], [0.5, 0.8]], &Device::flex());
        let of = |activity: f64| 0.2 * (0.2 / activity).ln() + 0.8 * (0.8 / (1.0 - activity)).ln();
        let expected = of(0.3) + of(0.7);
        assert!((f64::from(term(h).into_scalar::<f32>()) - expected).abs() < 1e-6);
    }

    #[test]
    fn it_is_zero_at_the_target_and_finite_where_units_are_saturated() {
        let device = Device::flex();
        let at_target = Tensor::<2>::from_data([[0.1], [0.3]], &device);
        assert!(term(at_target).into_scalar::<f32>().abs() < 1e-6);
        for saturated in [0.0, 1.0] {
            let value = term(Tensor::<2>::full([3, 2], saturated, &device)).into_scalar::<f32>();
            assert!(value.is_finite() && value > 1.0, "{value}");
        }
    }

    #[test]
    fn its_gradient_agrees_with_finite_differences() {
        assert!(gradient_error([[0.4, 0.9], [0.2, 0.1]], term) < 1e-3);
    }

    #[test]
    fn a_target_outside_its_range_is_refused() {
        for rho in [0.0, 1.0, -0.1, f64::NAN] {
            assert_eq!(Kl { rho, ..Kl::default() }.check().expect_err("refused").key, "rho");
        }
    }
}
