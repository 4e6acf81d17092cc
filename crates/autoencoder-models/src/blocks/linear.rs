//! Affine layers, with weights of their own or tied to another layer's.

use autoencoder_core::Seed;
use autoencoder_kernels::linear::{Weight, linear};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::activation::Activation;
use super::initialisation::Initialisation;
use crate::export::Step;

/// `a = x W + b`, `[batch, inputs] -> [batch, outputs]`.
#[derive(Module, Debug)]
pub struct Linear {
    /// `W`, `[inputs, outputs]`.
    pub weight: Param<Tensor<2>>,
    /// `b`, `[outputs]`.
    pub bias: Param<Tensor<1>>,
}

/// `a = x Wᵀ + b` with the weights `W` of another layer, of which it owns nothing: the gradient of `W`
/// is then the sum of both uses.
#[derive(Module, Debug)]
pub struct TiedLinear {
    /// `b`, `[outputs]`, where `W` is `[outputs, inputs]`.
    pub bias: Param<Tensor<1>>,
}

impl Linear {
    /// A layer with weights as `initialisation` says and biases of zero.
    pub fn new(
        inputs: usize,
        outputs: usize,
        initialisation: Initialisation,
        seed: Seed,
        device: &Device,
    ) -> Self {
        let weights = TensorData::new(initialisation.weights(inputs, outputs, seed), [inputs, outputs]);
        Self { weight: Param::from_tensor(Tensor::from_data(weights, device)), bias: zeros(outputs, device) }
    }

    /// `s(x W + b)`.
    pub fn forward(&self, x: Tensor<2>, activation: Activation) -> Tensor<2> {
        linear(x, self.weight.val(), self.bias.val(), Weight::Own, activation.into())
    }

    /// `s(x W + b)` as steps.
    pub(crate) fn steps(&self, activation: Activation) -> impl Iterator<Item = Step> + use<> {
        let step = Step::Linear { weight: self.weight.val().into(), bias: self.bias.val().into() };
        std::iter::once(step).chain(Step::activation(activation))
    }

    /// `s(x W + b)`, and its directional derivative where `x` changes as `v`.
    pub fn forward_with_tangent(
        &self,
        activation: Activation,
        (x, v): (Tensor<2>, Tensor<2>),
    ) -> (Tensor<2>, Tensor<2>) {
        let a = self.forward(x, Activation::Identity);
        (activation.forward(a.clone()), v.matmul(self.weight.val()) * activation.derivative(a))
    }
}

impl TiedLinear {
    /// A layer with biases of zero.
    pub fn new(outputs: usize, device: &Device) -> Self {
        Self { bias: zeros(outputs, device) }
    }

    /// `s(x Wᵀ + b)` with `weight` the `W` of the layer it is tied to.
    pub fn forward(&self, x: Tensor<2>, weight: Tensor<2>, activation: Activation) -> Tensor<2> {
        linear(x, weight, self.bias.val(), Weight::Tied, activation.into())
    }

    /// `s(x Wᵀ + b)` as steps.
    pub(crate) fn steps(
        &self,
        weight: Tensor<2>,
        activation: Activation,
    ) -> impl Iterator<Item = Step> + use<> {
        let step = Step::Linear { weight: weight.transpose().into(), bias: self.bias.val().into() };
        std::iter::once(step).chain(Step::activation(activation))
    }
}

fn zeros(outputs: usize, device: &Device) -> Param<Tensor<1>> {
    Param::from_tensor(Tensor::zeros([outputs], device))
}
