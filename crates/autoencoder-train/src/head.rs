//! A head on an encoder: what turns codes into answers.

use autoencoder_core::{Autoencoder, Code};
use autoencoder_kernels::Pointwise;
use autoencoder_kernels::linear::{Weight, linear};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};

/// A model that answers: `[batch, features] -> [batch, outputs]`.
pub trait Predictor: Module {
    /// The number of features it takes.
    fn features(&self) -> usize;

    /// The number of outputs: classes, or numbers.
    fn outputs(&self) -> usize;

    /// The outputs: of a classifier the logits, of which the softmax is the probability of each class.
    fn predict(&self, x: Tensor<2>) -> Tensor<2> {
        self.predict_through(x, &mut |h| h)
    }

    /// The outputs, where `between` maps each hidden layer and the code, `[batch, units]`, before the next layer takes
    /// it: noise on hidden units in training.
    fn predict_through(&self, x: Tensor<2>, between: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Tensor<2>;
}

/// `a = h W + b`, `[batch, codes] -> [batch, outputs]`, all zero at the start: logistic regression alone, and the last
/// layer of a network on an encoder.
#[derive(Module, Debug)]
pub struct Head {
    /// `W`, `[codes, outputs]`.
    pub weight: Param<Tensor<2>>,
    /// `b`, `[outputs]`.
    pub bias: Param<Tensor<1>>,
}

/// An encoder and a head on it.
#[derive(Module, Debug)]
pub struct Headed<A: Module> {
    /// What the encoder is of; its decoder takes no part.
    pub encoder: A,
    /// From codes to outputs.
    pub head: Head,
}

impl Head {
    /// A head of which every output is 0.
    pub fn new(codes: usize, outputs: usize, device: &Device) -> Self {
        Self {
            weight: Param::from_tensor(Tensor::zeros([codes, outputs], device)),
            bias: Param::from_tensor(Tensor::zeros([outputs], device)),
        }
    }
}

impl Predictor for Head {
    fn features(&self) -> usize {
        self.weight.dims()[0]
    }

    fn outputs(&self) -> usize {
        self.weight.dims()[1]
    }

    fn predict_through(&self, x: Tensor<2>, between: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
        linear(between(x), self.weight.val(), self.bias.val(), Weight::Own, Pointwise::Identity)
    }
}

impl<A: Autoencoder> Predictor for Headed<A> {
    fn features(&self) -> usize {
        self.encoder.shape().features()
    }

    fn outputs(&self) -> usize {
        self.head.outputs()
    }

    fn predict_through(&self, x: Tensor<2>, between: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Tensor<2> {
        let Code { h, .. } = self.encoder.encode_through(x, between);
        self.head.predict_through(h, between)
    }
}
