//! The cross-entropy of a probability vector.

use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use super::{Bounds, Domain, LossKind, Output};

/// `-Σ_j x_j ln x^_j` in nats with `x^ = softmax(output)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Categorical {}

impl LossKind for Categorical {
    fn per_feature(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2> {
        (activation::log_softmax(output, 1) * clean).neg()
    }

    fn output(&self) -> Output {
        Output::Softmax
    }

    fn domain(&self) -> Domain {
        Domain::Simplex(Bounds {
            words: "that are probabilities",
            remedy: "divide each row by its sum, or set loss.kind = \"squared-error\"",
        })
    }
}
