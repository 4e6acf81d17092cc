//! The cross-entropy of independent bits.

use autoencoder_kernels::Pointwise;
use autoencoder_kernels::losses::Fused;
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{Bounds, Domain, LossKind, Output, Support};

/// `-Σ_j x_j ln x^_j + (1 - x_j) ln(1 - x^_j)` in nats with `x^ = sigmoid(output)` (Vincent et al.
/// 2010, section 2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bernoulli {}

impl LossKind for Bernoulli {
    fn per_feature(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2> {
        Fused::Bernoulli.composed(output, clean)
    }

    fn mean(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        Fused::Bernoulli.mean(output, clean)
    }

    fn output(&self) -> Output {
        Output::Pointwise(Pointwise::Sigmoid)
    }

    fn domain(&self) -> Domain {
        Domain::Unit(Bounds {
            words: "in [0, 1]",
            remedy: "set data.scaling = \"unit\", or loss.kind = \"squared-error\"",
        })
    }

    fn density(&self) -> Option<Support> {
        Some(Support::Bits)
    }
}
