//! The parts of an encoder and a decoder on the far sides of the code: convolutional stages, then dense
//! layers, and their mirror image.

use autoencoder_core::{ExampleShape, Seed};
use burn::module::{Module, Param};
use burn::tensor::module::{avg_pool2d, max_pool2d, max_pool2d_with_indices};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor};

use super::activation::Activation;
use super::convolution::{Convolution, TransposedConvolution, Window, enlarge};
use super::layout::{Downsampling, ImageSize, Layout, Upsampling};
use super::linear::Linear;
use crate::ModelError;
use crate::export::Step;

/// From examples to the layer before the code, every layer with its activation.
#[derive(Module, Debug)]
pub struct EncoderTrunk {
    stages: Vec<Convolution>,
    dense: Vec<Linear>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    downsampling: Downsampling,
    #[module(skip)]
    stride: usize,
    /// The image that the first stage sees.
    #[module(skip)]
    image: ImageSize,
}

/// From codes to examples before the output activation.
#[derive(Module, Debug)]
pub struct DecoderTrunk {
    dense: Vec<Linear>,
    stages: Stages,
    #[module(skip)]
    activation: Activation,
    /// The images that the stages see, code side first, and the one that comes out.
    #[module(skip)]
    sizes: Vec<ImageSize>,
}

/// The decoder's stages, code side first.
#[derive(Module, Debug)]
enum Stages {
    Transposed(Vec<TransposedConvolution>),
    Nearest(Vec<Convolution>),
}

impl EncoderTrunk {
    /// A trunk for examples of `shape`, and the width of what comes out.
    pub(crate) fn new(
        layout: &Layout,
        shape: ExampleShape,
        seed: Seed,
        device: &Device,
    ) -> Result<(Self, usize), ModelError> {
        let sizes = layout.sizes(shape)?;
        let stride = if layout.downsampling == Downsampling::Stride { layout.stride } else { 1 };
        let seed_of = |part: &str, index: usize| seed.stream(part).at(index as u64);
        let stages = sizes.windows(2).enumerate().map(|(index, pair)| {
            let channels = [pair[0][0], pair[1][0]];
            let seed = seed_of("encoder stages", index);
            let window = Window { channels, kernel: layout.kernel, stride };
            Convolution::new(window, layout.initialisation, seed, device)
        });
        let flat = sizes.last().map_or(shape.features(), |size| size.iter().product());
        let widths: Vec<usize> = std::iter::once(flat).chain(layout.hidden.iter().copied()).collect();
        let dense = widths.windows(2).enumerate().map(|(index, pair)| {
            let seed = seed_of("encoder", index);
            Linear::new(pair[0], pair[1], layout.initialisation, seed, device)
        });
        let trunk = Self {
            stages: stages.collect(),
            dense: dense.collect(),
            activation: layout.activation,
            downsampling: layout.downsampling,
            stride: layout.stride,
            image: sizes.first().copied().unwrap_or_default(),
        };
        Ok((trunk, widths[widths.len() - 1]))
    }

    /// `[batch, features] -> [batch, width]`.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let x = if self.stages.is_empty() {
            x
        } else {
            let image = self.as_image(x);
            let image = self
                .stages
                .iter()
                .fold(image, |x, stage| self.pool(self.activation.forward(stage.forward(x))));
            image.flatten(1, 3)
        };
        self.dense.iter().fold(x, |x, layer| layer.forward(x, self.activation))
    }

    /// [`Self::forward`], and its directional derivative where `x` changes as `v`.
    pub fn forward_with_tangent(&self, at: (Tensor<2>, Tensor<2>)) -> (Tensor<2>, Tensor<2>) {
        let (x, v) = at;
        let at = if self.stages.is_empty() {
            (x, v)
        } else {
            let at = (self.as_image(x), self.as_image(v));
            let (x, v) = self.stages.iter().fold(at, |(x, v), stage| {
                let a = stage.forward(x);
                let slope = self.activation.derivative(a.clone());
                self.pool_with_tangent(self.activation.forward(a), stage.linear(v) * slope)
            });
            (x.flatten(1, 3), v.flatten(1, 3))
        };
        self.dense.iter().fold(at, |at, layer| layer.forward_with_tangent(self.activation, at))
    }

    /// The weights, input side first, each `[inputs, outputs]`; a kernel's inputs are its channels, rows and
    /// columns.
    pub fn weights(&self) -> Vec<Tensor<2>> {
        let kernels = self.stages.iter().map(|stage| stage.weight.val().flatten::<2>(1, 3).transpose());
        kernels.chain(self.dense.iter().map(|layer| layer.weight.val())).collect()
    }

    /// [`Self::forward`] as steps.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.stages.is_empty() {
            steps.push(Step::Image(self.image));
            for stage in &self.stages {
                steps.push(stage.step());
                steps.extend(Step::activation(self.activation));
                match self.downsampling {
                    Downsampling::Stride => {}
                    Downsampling::MaxPool => steps.push(Step::MaxPool(self.stride)),
                    Downsampling::AveragePool => steps.push(Step::AveragePool(self.stride)),
                }
            }
            steps.push(Step::Flatten);
        }
        steps.extend(self.dense.iter().flat_map(|layer| layer.steps(self.activation)));
        steps
    }

    fn as_image(&self, x: Tensor<2>) -> Tensor<4> {
        let [batch, _] = x.dims();
        let [channels, height, width] = self.image;
        x.reshape([batch, channels, height, width])
    }

    fn pool(&self, x: Tensor<4>) -> Tensor<4> {
        match self.downsampling {
            Downsampling::Stride => x,
            Downsampling::MaxPool => max_pool2d(x, self.max_windows()),
            Downsampling::AveragePool => avg_pool2d(x, self.mean_windows()),
        }
    }

    fn pool_with_tangent(&self, x: Tensor<4>, v: Tensor<4>) -> (Tensor<4>, Tensor<4>) {
        match self.downsampling {
            Downsampling::Stride => (x, v),
            Downsampling::MaxPool => {
                let (pooled, places) = max_pool2d_with_indices(x, self.max_windows());
                let dims = pooled.dims();
                let v = v.flatten::<3>(2, 3).gather(2, places.flatten::<3>(2, 3));
                (pooled, v.reshape(dims))
            }
            Downsampling::AveragePool => {
                (avg_pool2d(x, self.mean_windows()), avg_pool2d(v, self.mean_windows()))
            }
        }
    }

    fn max_windows(&self) -> MaxPoolOptions<2> {
        MaxPoolOptions::new([self.stride; 2]).with_stride([self.stride; 2])
    }

    fn mean_windows(&self) -> AvgPoolOptions<2> {
        AvgPoolOptions::new([self.stride; 2]).with_stride([self.stride; 2])
    }
}

impl DecoderTrunk {
    /// A trunk that ends in examples of `shape`.
    pub(crate) fn new(
        layout: &Layout,
        shape: ExampleShape,
        seed: Seed,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let mut sizes = layout.sizes(shape)?;
        sizes.reverse();
        let seed_of = |part: &str, index: usize| seed.stream(part).at(index as u64);
        let flat = sizes.first().map_or(shape.features(), |size| size.iter().product());
        let widths = [layout.code].into_iter().chain(layout.hidden.iter().rev().copied()).chain([flat]);
        let widths: Vec<usize> = widths.collect();
        let dense = widths.windows(2).enumerate().map(|(index, pair)| {
            let seed = seed_of("decoder", index);
            Linear::new(pair[0], pair[1], layout.initialisation, seed, device)
        });
        let pairs = || sizes.windows(2).enumerate();
        let stages = match layout.upsampling {
            Upsampling::Transposed => {
                let stages = pairs().map(|(index, pair)| {
                    let ([inputs, h, w], [outputs, height, width]) = (pair[0], pair[1]);
                    let added = [layout.added(index, h, height)?, layout.added(index, w, width)?];
                    let window =
                        Window { channels: [inputs, outputs], kernel: layout.kernel, stride: layout.stride };
                    let seed = seed_of("decoder stages", index);
                    Ok(TransposedConvolution::new(window, added, layout.initialisation, seed, device))
                });
                Stages::Transposed(stages.collect::<Result<_, ModelError>>()?)
            }
            Upsampling::Nearest => {
                let stages = pairs().map(|(index, pair)| {
                    let channels = [pair[0][0], pair[1][0]];
                    let seed = seed_of("decoder stages", index);
                    let window = Window { channels, kernel: layout.kernel, stride: 1 };
                    Convolution::new(window, layout.initialisation, seed, device)
                });
                Stages::Nearest(stages.collect())
            }
        };
        Ok(Self { dense: dense.collect(), stages, activation: layout.activation, sizes })
    }

    /// The same with that bias of its output, where it ends in a dense layer.
    pub(crate) fn with_output_bias(mut self, bias: Tensor<1>) -> Self {
        if self.sizes.is_empty()
            && let Some(last) = self.dense.pop()
        {
            self.dense.push(Linear { bias: Param::from_tensor(bias), ..last });
        }
        self
    }

    /// `[batch, codes] -> [batch, features]`, before the output activation.
    pub fn forward(&self, h: Tensor<2>) -> Tensor<2> {
        let (last, hidden) = self.dense.split_last().expect("a decoder has at least one layer");
        let h = hidden.iter().fold(h, |h, layer| layer.forward(h, self.activation));
        let flat = last.forward(h, Activation::Identity);
        let Some(&[channels, height, width]) = self.sizes.first() else { return flat };
        let [batch, _] = flat.dims();
        // What the encoder's last stage put out had its activation, and so has what stands for it here.
        let image = self.activation.forward(flat.reshape([batch, channels, height, width]));
        let image = match &self.stages {
            Stages::Transposed(stages) => {
                self.through(image, stages.len(), |x, index| stages[index].forward(x))
            }
            Stages::Nearest(stages) => self.through(image, stages.len(), |x, index| {
                let [_, height, width] = self.sizes[index + 1];
                stages[index].forward(enlarge(x, [height, width]))
            }),
        };
        image.flatten(1, 3)
    }

    /// The same trunk, out of whose last layer nothing comes.
    pub(crate) fn silenced(mut self) -> Self {
        let is_flat = self.sizes.is_empty();
        match &mut self.stages {
            _ if is_flat => {
                let last = self.dense.pop().map(Linear::zeroed);
                self.dense.extend(last);
            }
            Stages::Transposed(stages) => {
                let last = stages.pop().map(TransposedConvolution::zeroed);
                stages.extend(last);
            }
            Stages::Nearest(stages) => {
                let last = stages.pop().map(Convolution::zeroed);
                stages.extend(last);
            }
        }
        self
    }

    /// [`Self::forward`] as steps.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let (last, hidden) = self.dense.split_last().expect("a decoder has at least one layer");
        let mut steps: Vec<Step> = hidden.iter().flat_map(|layer| layer.steps(self.activation)).collect();
        steps.extend(last.steps(Activation::Identity));
        let Some(&image) = self.sizes.first() else { return steps };
        steps.push(Step::Image(image));
        for (index, pair) in self.sizes.windows(2).enumerate() {
            steps.extend(Step::activation(self.activation));
            match &self.stages {
                Stages::Transposed(stages) => steps.push(stages[index].step()),
                Stages::Nearest(stages) => {
                    let [from, to] = [pair[0], pair[1]].map(|[_, height, width]| [height, width]);
                    steps.push(Step::Enlarge { from, to });
                    steps.push(stages[index].step());
                }
            }
        }
        steps.push(Step::Flatten);
        steps
    }

    /// The weights of their own, code side first, each `[inputs, outputs]`; a kernel's outputs (for a
    /// transposed convolution) or inputs are its channels, rows and columns.
    pub fn weights(&self) -> Vec<Tensor<2>> {
        let mut weights: Vec<Tensor<2>> = self.dense.iter().map(|layer| layer.weight.val()).collect();
        match &self.stages {
            Stages::Transposed(stages) => {
                weights.extend(stages.iter().map(|stage| stage.weight.val().flatten::<2>(1, 3)));
            }
            Stages::Nearest(stages) => {
                weights.extend(stages.iter().map(|stage| stage.weight.val().flatten::<2>(1, 3).transpose()));
            }
        }
        weights
    }

    /// The image through all stages, the last without activation.
    fn through(
        &self,
        image: Tensor<4>,
        stages: usize,
        stage: impl Fn(Tensor<4>, usize) -> Tensor<4>,
    ) -> Tensor<4> {
        (0..stages).fold(image, |x, index| {
            let x = stage(x, index);
            if index + 1 == stages { x } else { self.activation.forward(x) }
        })
    }
}
