//! How a decoder's output becomes a reconstruction.

use autoencoder_kernels::Pointwise;
use autoencoder_kernels::activation::apply;
use autoencoder_kernels::losses::Fused;
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// The map from a decoder's output to the reconstruction under a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Output {
    /// Each value on its own.
    Pointwise(Pointwise),
    /// All values of an example together, into a probability vector.
    Softmax,
}

impl Output {
    /// The reconstruction, `[batch, features]` to the same.
    pub fn apply(self, output: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Pointwise(Pointwise::Identity) => output,
            Self::Pointwise(pointwise) => apply(output, pointwise),
            Self::Softmax => activation::softmax(output, 1),
        }
    }
}

/// How the decoder's output becomes a reconstruction under the squared error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputActivation {
    /// As it is: any real value.
    #[default]
    Identity,
    /// Through a sigmoid: values in `(0, 1)`.
    Sigmoid,
    /// Through the activation of that name, as what is to be reconstructed came through it: the codes of a layer below.
    Relu,
    /// See [`Self::Relu`].
    LeakyRelu,
    /// See [`Self::Relu`].
    Gelu,
    /// See [`Self::Relu`].
    Silu,
    /// See [`Self::Relu`].
    Tanh,
    /// See [`Self::Relu`].
    Softplus,
}

impl OutputActivation {
    /// The elementwise map.
    pub fn pointwise(self) -> Pointwise {
        match self {
            Self::Identity => Pointwise::Identity,
            Self::Sigmoid => Pointwise::Sigmoid,
            Self::Relu => Pointwise::Relu,
            Self::LeakyRelu => Pointwise::LeakyRelu,
            Self::Gelu => Pointwise::Gelu,
            Self::Silu => Pointwise::Silu,
            Self::Tanh => Pointwise::Tanh,
            Self::Softplus => Pointwise::Softplus,
        }
    }
}

impl From<Pointwise> for OutputActivation {
    fn from(activation: Pointwise) -> Self {
        match activation {
            Pointwise::Identity => Self::Identity,
            Pointwise::Sigmoid => Self::Sigmoid,
            Pointwise::Relu => Self::Relu,
            Pointwise::LeakyRelu => Self::LeakyRelu,
            Pointwise::Gelu => Self::Gelu,
            Pointwise::Silu => Self::Silu,
            Pointwise::Tanh => Self::Tanh,
            Pointwise::Softplus => Self::Softplus,
        }
    }
}

/// Squared errors about the output through an activation, in one operation where there is one.
#[derive(Clone, Copy)]
pub(super) struct Squares(pub(super) OutputActivation);

impl Squares {
    /// `[batch, features]` twice to the same.
    pub(super) fn per_feature(self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2> {
        self.fused().composed(self.before(output), clean)
    }

    /// Summed over features and averaged over the batch: `[1]`.
    pub(super) fn mean(self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        self.fused().mean(self.before(output), clean)
    }

    fn fused(self) -> Fused {
        match self.0 {
            OutputActivation::Sigmoid => Fused::SigmoidSquaredError,
            _ => Fused::SquaredError,
        }
    }

    /// The output as the operation takes it: through the activations that are no part of it.
    fn before(self, output: Tensor<2>) -> Tensor<2> {
        match self.0 {
            OutputActivation::Identity | OutputActivation::Sigmoid => output,
            activation => apply(output, activation.pointwise()),
        }
    }
}
