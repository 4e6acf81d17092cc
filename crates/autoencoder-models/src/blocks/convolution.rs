//! Convolutions with weights of their own, `[batch, channels, height, width]` in and out.

use autoencoder_core::Seed;
use autoencoder_kernels::convolution::{Direction, Grid, convolution};
use burn::module::{Module, Param};
use burn::tensor::module::interpolate;
use burn::tensor::ops::{InterpolateMode, InterpolateOptions};
use burn::tensor::{Device, Tensor, TensorData};

use super::initialisation::Initialisation;
use crate::export::Step;

/// A convolution, zeros around the image.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[outputs, inputs, kernel, kernel]`.
    pub weight: Param<Tensor<4>>,
    /// `[outputs]`.
    pub bias: Param<Tensor<1>>,
    #[module(skip)]
    stride: usize,
}

/// A transposed convolution: the linear map whose transpose is a convolution of that stride.
#[derive(Module, Debug)]
pub struct TransposedConvolution {
    /// `[inputs, outputs, kernel, kernel]`.
    pub weight: Param<Tensor<4>>,
    /// `[outputs]`.
    pub bias: Param<Tensor<1>>,
    #[module(skip)]
    stride: usize,
    /// Rows and columns added at the end, so that the image has its size again.
    #[module(skip)]
    added: [usize; 2],
}

/// What a convolution goes between, and how it moves over an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Inputs, outputs.
    pub channels: [usize; 2],
    /// The side of its kernel.
    pub kernel: usize,
    /// How far it moves.
    pub stride: usize,
}

/// The padding on each side: with an odd kernel and stride 1 the image keeps its size.
pub(crate) fn padding(kernel: usize) -> usize {
    (kernel - 1) / 2
}

impl Convolution {
    /// A convolution with weights as `initialisation` says and biases of zero.
    pub fn new(
        Window { channels: [inputs, outputs], kernel, stride }: Window,
        initialisation: Initialisation,
        seed: Seed,
        device: &Device,
    ) -> Self {
        let area = kernel * kernel;
        let weight = initialisation.draw(outputs * inputs * area, inputs * area, outputs * area, seed);
        Self {
            weight: parameter(weight, [outputs, inputs, kernel, kernel], device),
            bias: Param::from_tensor(Tensor::zeros([outputs], device)),
            stride,
        }
    }

    /// The same layer with weights and biases of zero, which puts out nothing.
    pub(crate) fn zeroed(self) -> Self {
        let (weight, bias) = (self.weight.map(|old| old.zeros_like()), self.bias.map(|old| old.zeros_like()));
        Self { weight, bias, ..self }
    }

    /// The convolution with its bias.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.convolve(x, self.bias.val())
    }

    /// The convolution without its bias: its derivative in the direction `v`.
    pub fn linear(&self, v: Tensor<4>) -> Tensor<4> {
        self.convolve(v, self.bias.val().zeros_like())
    }

    /// The convolution with its bias as a step.
    pub(crate) fn step(&self) -> Step {
        let [_, _, kernel, _] = self.weight.dims();
        let (weight, bias) = (self.weight.val().into(), self.bias.val().into());
        Step::Convolution { weight, bias, stride: self.stride, padding: padding(kernel) }
    }

    fn convolve(&self, x: Tensor<4>, bias: Tensor<1>) -> Tensor<4> {
        let [_, _, kernel, _] = self.weight.dims();
        let grid = Grid { stride: self.stride, padding: padding(kernel) };
        convolution(x, self.weight.val(), bias, grid, Direction::Forth)
    }
}

impl TransposedConvolution {
    /// A transposed convolution with weights as `initialisation` says and biases of zero. `added` rows and
    /// columns, each fewer than `stride`, complete the image.
    pub fn new(
        Window { channels: [inputs, outputs], kernel, stride }: Window,
        added: [usize; 2],
        initialisation: Initialisation,
        seed: Seed,
        device: &Device,
    ) -> Self {
        // Each output pixel is reached by one of `stride²` kernel entries.
        let (fan_in, fan_out) =
            ((inputs * kernel * kernel / (stride * stride)).max(1), outputs * kernel * kernel);
        let weight = initialisation.draw(inputs * outputs * kernel * kernel, fan_in, fan_out, seed);
        Self {
            weight: parameter(weight, [inputs, outputs, kernel, kernel], device),
            bias: Param::from_tensor(Tensor::zeros([outputs], device)),
            stride,
            added,
        }
    }

    /// The same layer with weights and biases of zero, which puts out nothing.
    pub(crate) fn zeroed(self) -> Self {
        let (weight, bias) = (self.weight.map(|old| old.zeros_like()), self.bias.map(|old| old.zeros_like()));
        Self { weight, bias, ..self }
    }

    /// The transposed convolution with its bias.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, kernel, _] = self.weight.dims();
        let grid = Grid { stride: self.stride, padding: padding(kernel) };
        convolution(x, self.weight.val(), self.bias.val(), grid, Direction::Back(self.added))
    }

    /// The transposed convolution with its bias as a step.
    pub(crate) fn step(&self) -> Step {
        let [_, _, kernel, _] = self.weight.dims();
        Step::TransposedConvolution {
            weight: self.weight.val().into(),
            bias: self.bias.val().into(),
            stride: self.stride,
            padding: padding(kernel),
            added: self.added,
        }
    }
}

/// `x` enlarged to `size` rows and columns, each pixel the nearest of `x`.
pub(crate) fn enlarge(x: Tensor<4>, size: [usize; 2]) -> Tensor<4> {
    interpolate(x, InterpolateOptions::new(InterpolateMode::Nearest).with_output_size(size))
}

fn parameter(values: Vec<f32>, shape: [usize; 4], device: &Device) -> Param<Tensor<4>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}
