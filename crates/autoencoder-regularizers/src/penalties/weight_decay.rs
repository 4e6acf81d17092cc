//! Weight decay as a penalty: `Ω = 1/2 Σ W²` over the weights of encoder and decoder, biases not. Tied
//! weights count once.

use autoencoder_core::{Facts, Needs, Pass, Penalty};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::RegularizerError;

/// `weight / 2 * Σ W²`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WeightDecay {
    /// At least 0.
    pub weight: f64,
}

impl Default for WeightDecay {
    fn default() -> Self {
        Self { weight: 1e-4 }
    }
}

impl WeightDecay {
    /// Checks the weight.
    ///
    /// # Errors
    /// [`RegularizerError`] naming the key.
    pub fn check(&self) -> Result<(), RegularizerError> {
        RegularizerError::check_magnitude("weight", self.weight)
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

    fn weight(&self) -> f64 {
        self.weight
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::Code;
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

    #[test]
    fn it_is_half_the_sum_of_squares_and_its_gradient_is_the_weight() {
        let device = Device::flex().autodiff();
        let encoder = Tensor::<2>::from_data([[1.0, -2.0]], &device).require_grad();
        let model = TwoLayers(encoder.clone(), Tensor::from_data([[3.0], [0.5]], &device));
        let x = Tensor::<2>::zeros([1, 1], &device);
        let pass = Pass { clean: x.clone(), input: x.clone(), code: Code::new(x.clone()), output: x };
        let term = WeightDecay::default().term(&model, &pass);
        assert_eq!(term.clone().into_scalar::<f32>(), 0.5 * (1.0 + 4.0 + 9.0 + 0.25));
        let gradient: Vec<f32> =
            encoder.grad(&term.backward()).expect("a gradient").into_data().iter().collect();
        assert_eq!(gradient, [1.0, -2.0]);
    }
}
