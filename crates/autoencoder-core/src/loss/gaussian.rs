//! The squared error as a likelihood.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::output::Squares;
use super::{Domain, LossKind, Output, OutputActivation, Support};
use crate::RangeError;

/// `-ln N(x; x^, sigma²) = Σ_j (x^_j - x_j)² / (2 sigma²) + ln(sigma sqrt(2 pi))` in nats, with `x^` the
/// output or its sigmoid: the squared error as a likelihood, which a variational model weighs against
/// its KL divergence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianNoise {
    /// The standard deviation of each feature about its reconstruction, in scaled units; above 0.
    pub sigma: f64,
    /// How the decoder's output becomes a reconstruction.
    pub output: OutputActivation,
}

impl Default for GaussianNoise {
    fn default() -> Self {
        Self { sigma: 1.0, output: OutputActivation::Identity }
    }
}

impl GaussianNoise {
    /// `ln(sigma sqrt(2 pi))`.
    fn normaliser(&self) -> f64 {
        self.sigma.ln() + 0.5 * std::f64::consts::TAU.ln()
    }
}

impl LossKind for GaussianNoise {
    fn per_feature(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2> {
        let squares = Squares(self.output).per_feature(output, clean);
        squares.div_scalar(2.0 * self.sigma * self.sigma).add_scalar(self.normaliser())
    }

    fn mean(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        let [_, features] = output.dims();
        let squares = Squares(self.output).mean(output, clean);
        squares.div_scalar(2.0 * self.sigma * self.sigma).add_scalar(features as f64 * self.normaliser())
    }

    fn output(&self) -> Output {
        Output::Pointwise(self.output.pointwise())
    }

    fn with_output(&self, output: OutputActivation) -> Option<Self> {
        Some(Self { output, ..*self })
    }

    fn domain(&self) -> Domain {
        Domain::of_squares(self.output)
    }

    fn density(&self) -> Option<Support> {
        Some(Support::Reals)
    }

    fn check(&self) -> Result<(), RangeError> {
        let expected = "that is finite and above 0";
        RangeError::check("loss.sigma", self.sigma, self.sigma > 0.0 && self.sigma.is_finite(), expected)
    }
}
