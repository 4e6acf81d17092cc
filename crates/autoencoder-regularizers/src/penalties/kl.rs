//! Sparsity of a sigmoid code by its mean activity: `Ω = Σ_k KL(ρ || ρ^_k)` between two Bernoulli
//! variables, `ρ ln(ρ / ρ^_k) + (1 - ρ) ln((1 - ρ) / (1 - ρ^_k))` in nats, with `ρ^_k` the mean of unit `k`
//! over the batch (Lee, Ekanadham and Ng 2008; Ng 2011, Sparse autoencoder, section 3).

use autoencoder_core::{Facts, Needs, Pass, Penalty, RangeError};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::PenaltyWeight;

/// How near to 0 or 1 an activity may come where its logit is not known.
const MARGIN: f64 = 1e-6;

/// `weight * Σ_k KL(ρ || mean activity of unit k)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Kl {
    /// At least 0; a number or a ramp.
    pub weight: PenaltyWeight,
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
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        self.weight.check()?;
        RangeError::check("rho", self.rho, self.rho > 0.0 && self.rho < 1.0, "above 0 and below 1")
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
        let [batch, codes] = pass.code.h.dims();
        let (log_on, log_off) = log_activities(pass); // [1, codes] each
        let log_batch = (batch.max(1) as f64).ln();
        let (on, off) = (log_on.sub_scalar(log_batch), log_off.sub_scalar(log_batch));
        let cross = on.mul_scalar(-self.rho) - off.mul_scalar(1.0 - self.rho);
        let entropy = -self.rho * self.rho.ln() - (1.0 - self.rho) * (1.0 - self.rho).ln();
        cross.sum().sub_scalar(entropy * codes as f64)
    }

    fn weight(&self, progress: f64) -> f64 {
        self.weight.at(progress)
    }

    fn settled(&self) -> f64 {
        self.weight.settled()
    }
}

/// The logarithms of `Σ_i h_ik` and `Σ_i (1 - h_ik)` over the batch, `[1, codes]` each. From logits: a unit that
/// is off for every example has an activity that rounds to zero, but a gradient that turns it on again.
fn log_activities(pass: &Pass) -> (Tensor<2>, Tensor<2>) {
    match &pass.code.pre_activation {
        Some(logits) => {
            let log_sigmoid = |logits: Tensor<2>| burn::tensor::activation::log_sigmoid(logits);
            (log_sum_exp(log_sigmoid(logits.clone())), log_sum_exp(log_sigmoid(logits.clone().neg())))
        }
        None => {
            let h = pass.code.h.clone().clamp(MARGIN, 1.0 - MARGIN);
            (h.clone().sum_dim(0).log(), h.neg().add_scalar(1.0).sum_dim(0).log())
        }
    }
}

/// `ln Σ_i exp(a_ik)`, `[batch, codes] -> [1, codes]`.
fn log_sum_exp(a: Tensor<2>) -> Tensor<2> {
    let greatest = a.clone().detach().max_dim(0);
    (a - greatest.clone()).exp().sum_dim(0).log() + greatest
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

    fn term_of_logits(logits: Tensor<2>) -> Tensor<1> {
        let h = burn::tensor::activation::sigmoid(logits.clone());
        let mut pass = pass_of_code(h);
        pass.code.pre_activation = Some(logits);
        Kl { rho: 0.2, ..Kl::default() }.term(&NoFacts, &pass)
    }

    #[test]
    fn logits_give_the_same_value_and_a_dead_unit_its_gradient_back() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_data([[-2.0, 0.4], [0.3, 1.5]], &device);
        let by_code = term(burn::tensor::activation::sigmoid(logits.clone())).into_scalar::<f32>();
        assert!((term_of_logits(logits).into_scalar::<f32>() - by_code).abs() < 1e-5);
        assert!(gradient_error([[-2.0, 0.4], [0.3, 1.5]], term_of_logits) < 1e-3);
        // So far off that the activity itself is zero in f32.
        let dead = Tensor::<2>::full([4, 1], -200.0, &device.autodiff()).require_grad();
        let gradient = dead.grad(&term_of_logits(dead.clone()).backward()).expect("a gradient");
        // Towards the target by d/da of -rho ln(mean activity), shared by the batch.
        assert!(gradient.into_data().iter::<f32>().all(|slope| (slope + 0.05).abs() < 1e-6));
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
