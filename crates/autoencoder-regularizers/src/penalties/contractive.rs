//! Contraction: `Ω = ||dh/dx||_F²`, averaged over the batch (Rifai et al. 2011, eq. 3 and 5). The code
//! then changes little with the input, except along the directions that the reconstruction needs.
//!
//! One layer has a closed form. For any other encoder the norm is estimated: `E ||(dh/dx) v||² =
//! ||dh/dx||_F²` for directions `v` of independent random signs (Hutchinson 1990), whose product with the
//! Jacobian is a forward-mode derivative.

use autoencoder_core::{Facts, Needs, Pass, Penalty, RangeError, Seed};
use burn::tensor::{Tensor, TensorData};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::PenaltyWeight;

/// `weight * mean over the batch of ||dh/dx||_F²`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contractive {
    /// At least 0; a number or a ramp.
    pub weight: PenaltyWeight,
    /// Random directions an example and step, where the norm is estimated; at least 1.
    pub directions: usize,
    /// Whether to estimate the norm also where a closed form is known.
    pub estimate: bool,
}

impl Default for Contractive {
    fn default() -> Self {
        Self { weight: 0.1.into(), directions: 1, estimate: false }
    }
}

impl Contractive {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        self.weight.check()?;
        RangeError::check_count("directions", self.directions)
    }

    /// The unbiased estimate of `||dh/dx||_F²` for each example, `[batch]`.
    fn estimate(&self, model: &dyn Facts, pass: &Pass) -> Option<Tensor<1>> {
        let seed = pass.moment.seed.stream("directions");
        let norms = (0..self.directions.max(1)).map(|index| {
            let v = random_signs(&pass.input, seed.at(index as u64));
            let change = model.directional_derivative(pass.input.clone(), v)?;
            Some((change.clone() * change).sum_dim(1).squeeze_dim::<1>(1))
        });
        let sum = norms.reduce(|sum, norm| Some(sum? + norm?))??;
        Some(sum.div_scalar(self.directions.max(1) as f64))
    }
}

impl Penalty for Contractive {
    fn name(&self) -> &'static str {
        "contractive"
    }

    fn needs(&self) -> Needs {
        if self.estimate { Needs::DirectionalDerivative } else { Needs::Jacobian }
    }

    fn term(&self, model: &dyn Facts, pass: &Pass) -> Tensor<1> {
        let closed = if self.estimate { None } else { model.squared_jacobian(pass) };
        let norms = closed.or_else(|| self.estimate(model, pass));
        // A model that knows neither is refused before training.
        norms.map_or_else(|| Tensor::zeros([1], &pass.input.device()), Tensor::mean)
    }

    fn weight(&self, progress: f64) -> f64 {
        self.weight.at(progress)
    }

    fn settled(&self) -> f64 {
        self.weight.settled()
    }
}

/// `±1` with equal probability for each entry, of `like`'s shape and on its device.
fn random_signs(like: &Tensor<2>, seed: Seed) -> Tensor<2> {
    let mut rng = seed.rng();
    let shape = like.dims();
    let count = shape[0] * shape[1];
    let mut signs = Vec::with_capacity(count + 63);
    while signs.len() < count {
        let bits = rng.next_u64();
        signs.extend((0..64).map(|bit| if bits >> bit & 1 == 1 { 1.0_f32 } else { -1.0 }));
    }
    signs.truncate(count);
    Tensor::from_data(TensorData::new(signs, shape), &like.device())
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::{gradient_error, pass_of_code};
    use autoencoder_core::{Code, Moment};
    use burn::tensor::Device;

    use super::*;

    /// `h = sigmoid(x W)`, with the closed form or without.
    struct Layer {
        weight: Tensor<2>,
        closed: bool,
    }

    impl Layer {
        fn code(&self, x: Tensor<2>) -> Tensor<2> {
            burn::tensor::activation::sigmoid(x.matmul(self.weight.clone()))
        }

        fn slope(&self, x: Tensor<2>) -> Tensor<2> {
            let h = self.code(x);
            h.clone() - h.clone() * h
        }
    }

    impl Facts for Layer {
        fn encoder_weights(&self) -> Vec<Tensor<2>> {
            vec![self.weight.clone()]
        }
        fn decoder_weights(&self) -> Vec<Tensor<2>> {
            Vec::new()
        }
        fn squared_jacobian(&self, pass: &Pass) -> Option<Tensor<1>> {
            let slope = self.slope(pass.input.clone());
            let norms = (self.weight.clone() * self.weight.clone()).sum_dim(0);
            self.closed.then(|| (slope.clone() * slope * norms).sum_dim(1).squeeze_dim(1))
        }
        fn directional_derivative(&self, x: Tensor<2>, v: Tensor<2>) -> Option<Tensor<2>> {
            Some(self.slope(x) * v.matmul(self.weight.clone()))
        }
    }

    fn pass(x: Tensor<2>) -> Pass {
        let moment = Moment::after_training(Seed::new(5));
        Pass { code: Code::new(x.clone()), moment, ..pass_of_code(x) }
    }

    const INPUT: [[f32; 3]; 2] = [[0.4, -0.9, 0.3], [-2.0, 0.1, 1.0]];
    const WEIGHT: [[f32; 2]; 3] = [[0.8, -0.3], [1.1, 0.2], [-0.4, 0.9]];

    fn term(penalty: &Contractive, weight: Tensor<2>, closed: bool) -> Tensor<1> {
        let x = Tensor::<2>::from_data(INPUT, &weight.device());
        penalty.term(&Layer { weight, closed }, &pass(x))
    }

    #[test]
    fn the_estimate_over_ten_thousand_directions_is_the_norm_within_one_percent() {
        let weight = || Tensor::<2>::from_data(WEIGHT, &Device::flex());
        let many = Contractive { directions: 10_000, ..Contractive::default() };
        let estimated = term(&many, weight(), false).into_scalar::<f32>();
        let exact = term(&many, weight(), true).into_scalar::<f32>();
        assert!((estimated / exact - 1.0).abs() < 0.01, "{estimated} {exact}");
        let forced = Contractive { estimate: true, ..many };
        assert_eq!(term(&forced, weight(), true).into_scalar::<f32>(), estimated);
    }

    #[test]
    fn gradients_agree_with_finite_differences_with_and_without_the_closed_form() {
        for closed in [true, false] {
            let error = gradient_error(WEIGHT, |weight| term(&Contractive::default(), weight, closed));
            assert!(error < 1e-3, "{closed} {error}");
        }
    }

    #[test]
    fn directions_are_signs_and_each_step_has_its_own() {
        let like = Tensor::<2>::zeros([7, 9], &Device::flex());
        let signs = |seed| random_signs(&like, Seed::new(seed)).into_data().iter::<f32>().collect::<Vec<_>>();
        assert!(signs(1).iter().all(|sign| sign.abs() == 1.0));
        assert_eq!(signs(1), signs(1));
        assert_ne!(signs(1), signs(2));
    }

    #[test]
    fn no_directions_are_refused() {
        let error = Contractive { directions: 0, ..Contractive::default() }.check().expect_err("refused");
        assert_eq!(error.key, "directions");
    }
}
