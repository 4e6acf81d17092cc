//! A trained model as a chain of steps, and that chain in the formats of others: ONNX, and safetensors for
//! a `torch.nn.Sequential`.

pub mod onnx;
mod proto;
pub mod torch;

use burn::tensor::Tensor;

use crate::blocks::activation::Activation;

/// The numbers of a parameter and its shape.
#[derive(Clone, Debug, PartialEq)]
pub struct ConstantArray {
    /// Row by row.
    pub values: Vec<f32>,
    /// As many numbers as the parameter has axes.
    pub shape: Vec<usize>,
}

impl<const D: usize> From<Tensor<D>> for ConstantArray {
    fn from(tensor: Tensor<D>) -> Self {
        let shape = tensor.dims().to_vec();
        Self { values: tensor.into_data().iter().collect(), shape }
    }
}

impl From<Vec<f32>> for ConstantArray {
    fn from(values: Vec<f32>) -> Self {
        Self { shape: vec![values.len()], values }
    }
}

/// One step of a map from rows to rows; `[batch, features]`, between [`Step::Image`] and [`Step::Flatten`] `[batch,
/// channels, height, width]`.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// What is missing (NaN) becomes the number of its column, `[features]`.
    Fill(ConstantArray),
    /// `(x - offset) * scale`, a number for each column or one for all, then clipped to `[0, 1]` or not.
    Scale {
        /// What is taken off.
        offset: ConstantArray,
        /// What the rest is multiplied by.
        scale: ConstantArray,
        /// Whether the result is clipped.
        clip: bool,
    },
    /// `x / scale + offset`.
    Unscale {
        /// What is added at last.
        offset: ConstantArray,
        /// What is divided by.
        scale: ConstantArray,
    },
    /// `x W + b`.
    Linear {
        /// `[inputs, outputs]`.
        weight: ConstantArray,
        /// `[outputs]`.
        bias: ConstantArray,
    },
    /// The sum of what two chains make of the same rows.
    Sum {
        /// One chain.
        one: Vec<Step>,
        /// The other.
        other: Vec<Step>,
    },
    /// Elementwise.
    Activation(Activation),
    /// `e^x / Σ e^x` over the features.
    Softmax,
    /// Rows become images of `[channels, height, width]`.
    Image([usize; 3]),
    /// Images become rows.
    Flatten,
    /// A convolution, zeros around the image.
    Convolution {
        /// `[outputs, inputs, kernel, kernel]`.
        weight: ConstantArray,
        /// `[outputs]`.
        bias: ConstantArray,
        /// The step of the kernel.
        stride: usize,
        /// The zeros on each side.
        padding: usize,
    },
    /// A transposed convolution.
    TransposedConvolution {
        /// `[inputs, outputs, kernel, kernel]`.
        weight: ConstantArray,
        /// `[outputs]`.
        bias: ConstantArray,
        /// The step of the kernel.
        stride: usize,
        /// The zeros on each side of the convolution it is the transpose of.
        padding: usize,
        /// Rows and columns added at the end.
        added: [usize; 2],
    },
    /// The greatest of each window of `size` by `size`.
    MaxPool(usize),
    /// The mean of each window of `size` by `size`.
    AveragePool(usize),
    /// From images of one size to images of another, each pixel the nearest.
    Enlarge {
        /// Height and width before.
        from: [usize; 2],
        /// Height and width after.
        to: [usize; 2],
    },
}

impl Step {
    /// An activation; nothing for the identity.
    pub(crate) fn activation(activation: Activation) -> Option<Self> {
        (activation != Activation::Identity).then_some(Self::Activation(activation))
    }
}

/// A model that can be said as two chains.
pub trait Chain {
    /// From (scaled) examples to codes; of a posterior its mean.
    fn encoder_steps(&self) -> Vec<Step>;

    /// From codes to the output, before the output activation.
    fn decoder_steps(&self) -> Vec<Step>;
}
