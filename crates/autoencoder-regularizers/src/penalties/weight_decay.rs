//! PenaltyWeight decay as a penalty: `Ω = 1/2 Σ W²` over the weights of encoder and decoder, biases not. Tied
//! weights count once.

use autoencoder_core::{Facts, Needs, Pass, Penalty, RangeError};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::PenaltyWeight;

/// `weight / 2 * Σ W²`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightDecay {
    /// At least 0; a number or a ramp.
    pub weight: PenaltyWeight,
}

impl Default for WeightDecay {
    fn default() -> Self {
        Self { weight: 1e-4.into() }
    }
}

impl WeightDecay {
    /// Checks the weight.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        self.weight.check()
    }
}

impl Penalty for WeightDecay {
    fn name(&self) -> &'static str {
        "weight-decay"
    }

    fn needs(&self) -> Needs {
        Needs::Weights
    }

    fn term(&self, model: &dyn Facts, pass: &Pass) -> Tensor<1> {
        let weights = model.encoder_weights().into_iter().chain(model.decoder_weights());
        let nothing = Tensor::zeros([1], &pass.input.device());
        weights
            .map(|weight| (weight.clone() * weight).sum())
            .fold(nothing, |sum, term| sum + term)
            .mul_scalar(0.5)
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
    use autoencoder_core::testing::{gradient_error, pass_of_code};
    use burn::tensor::Device;

    use super::*;

    struct TwoLayers(Tensor<2>, Tensor<2>);

    impl Facts for TwoLayers {
        fn encoder_weights(&self) -> Vec<Tensor<2>> {
            vec![self.0.clone()]
        }
        fn decoder_weights(&self) -> Vec<Tensor<2>> {
            vec![self.1.clone()]
        }
    }

    fn term(encoder: Tensor<2>, decoder: Tensor<2>) -> Tensor<1> {
        let pass = pass_of_code(Tensor::zeros([1, 1], &encoder.device()));
        WeightDecay::default().term(&TwoLayers(encoder, decoder), &pass)
    }

    #[test]
    fn it_is_half_the_sum_of_the_squared_weights_of_encoder_and_decoder() {
        let device = Device::flex();
        let encoder = Tensor::<2>::from_data([[1.0, -2.0]], &device);
        let decoder = Tensor::from_data([[3.0], [0.5]], &device);
        assert_eq!(term(encoder, decoder).into_scalar::<f32>(), 0.5 * (1.0 + 4.0 + 9.0 + 0.25));
    }

    #[test]
    fn its_gradient_is_the_weight() {
        let encoder = Tensor::<2>::from_data([[1.0, -2.0]], &Device::flex().autodiff()).require_grad();
        let gradients = term(encoder.clone(), encoder.clone().transpose().detach()).backward();
        let gradient: Vec<f32> = encoder.grad(&gradients).expect("a gradient").into_data().iter().collect();
        assert_eq!(gradient, [1.0, -2.0]);
    }

    #[test]
    fn its_gradient_agrees_with_finite_differences() {
        let at = [[0.4, -0.9], [-2.0, 0.1]];
        // With the same matrix on both sides, the gradients of both must add up.
        assert!(gradient_error(at, |weight| term(weight.clone(), weight.transpose())) < 1e-3);
    }

    #[test]
    fn a_negative_or_infinite_weight_is_refused() {
        assert!(WeightDecay { weight: (-1.0).into() }.check().is_err());
        assert!(WeightDecay { weight: f64::INFINITY.into() }.check().is_err());
    }
}
