//! The squared error.

use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::output::Squares;
use super::{Domain, LossKind, Output, OutputActivation};

/// `Σ_j (x^_j - x_j)²`, squared error per example, with `x^` the output or its sigmoid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SquaredError {
    /// How the decoder's output becomes a reconstruction.
    pub output: OutputActivation,
}

impl LossKind for SquaredError {
    fn unit(&self) -> &'static str {
        "squared error per example"
    }

    fn per_feature(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2> {
        Squares(self.output).per_feature(output, clean)
    }

    fn mean(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        Squares(self.output).mean(output, clean)
    }

    fn output(&self) -> Output {
        Output::Pointwise(self.output.pointwise())
    }

    fn with_output(&self, output: OutputActivation) -> Option<Self> {
        Some(Self { output })
    }

    fn domain(&self) -> Domain {
        Domain::of_squares(self.output)
    }
}
