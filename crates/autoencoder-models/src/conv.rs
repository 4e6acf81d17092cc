//! The convolutional autoencoder: stages of convolutions that make the image smaller, dense layers down
//! to the code, and the mirror image back up (Masci et al. 2011). The shape of the image is taken from
//! the data.

use autoencoder_core::{Autoencoder, Code, ExampleShape, Facts, Seed};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::blocks::activation::Activation;
use crate::blocks::initialisation::Initialisation;
use crate::blocks::layout::{Cost, Downsampling, Layout, Upsampling};
use crate::blocks::linear::Linear;
use crate::blocks::linear_path::{AsksForPath, LinearPath, StartsLinear, beside};
use crate::blocks::trunk::{DecoderTrunk, EncoderTrunk};
use crate::export::{Chain, Step};
use crate::{ModelError, Pca};

/// The `[model]` table of kind `conv`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConvConfig {
    /// The channels after each stage of the encoder, input side first.
    pub channels: Vec<usize>,
    /// The rows and columns of every kernel.
    pub kernel: usize,
    /// How many times smaller each stage makes the image.
    pub stride: usize,
    /// How the encoder makes the image smaller.
    pub downsampling: Downsampling,
    /// How the decoder makes it larger.
    pub upsampling: Upsampling,
    /// The widths of the dense layers between the last stage and the code.
    pub hidden: Vec<usize>,
    /// The number of code units.
    pub code: usize,
    /// The activation of the stages and the hidden layers.
    pub activation: Activation,
    /// The activation of the code.
    pub code_activation: Activation,
    /// How initial weights are drawn; biases start at zero.
    pub initialisation: Initialisation,
    /// Whether a linear path from and to the whole image runs beside the stages ([`crate::blocks::linear_path`]).
    pub linear: bool,
}

impl Default for ConvConfig {
    fn default() -> Self {
        Self {
            channels: vec![16, 32],
            kernel: 3,
            stride: 2,
            downsampling: Downsampling::Stride,
            upsampling: Upsampling::Transposed,
            hidden: Vec::new(),
            code: 32,
            activation: Activation::Gelu,
            code_activation: Activation::Identity,
            initialisation: Initialisation::HeNormal,
            linear: false,
        }
    }
}

impl ConvConfig {
    /// Checks what can be checked without the data.
    ///
    /// # Errors
    /// [`ModelError::NoStages`], [`ModelError::ZeroWidth`], [`ModelError::EvenKernel`] or [`ModelError::BentPath`] naming
    /// the key.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.channels.is_empty() {
            return Err(ModelError::NoStages);
        }
        if self.linear && self.code_activation != Activation::Identity {
            return Err(ModelError::BentPath);
        }
        self.layout().check()
    }

    /// The sizes of the encoder's layers before the code, input side first.
    pub(crate) fn layer_sizes(&self) -> Vec<usize> {
        [&self.channels[..], &self.hidden].concat()
    }

    /// A model of that architecture for images of `shape`, its weights drawn from `seed`.
    ///
    /// # Errors
    /// Those of [`Self::check`], [`ModelError::NotAnImage`], [`ModelError::TooSmall`] or
    /// [`ModelError::CannotEnlarge`] with the arithmetic.
    pub fn init(&self, shape: ExampleShape, seed: Seed, device: &Device) -> Result<Conv, ModelError> {
        self.check()?;
        let layout = self.layout();
        let (encoder, width) = EncoderTrunk::new(&layout, shape, seed, device)?;
        let decoder = DecoderTrunk::new(&layout, shape, seed, device)?;
        let code = Linear::new(width, self.code, self.initialisation, seed.stream("code"), device);
        let linear = self.linear.then(|| LinearPath::new(shape.features(), self.code, seed, device));
        Ok(Conv { encoder, code, decoder, linear, shape, config: self.clone() })
    }

    /// About what a model for examples of `shape` costs, before any is made.
    ///
    /// # Errors
    /// Those of [`Self::init`].
    pub fn cost(&self, shape: ExampleShape) -> Result<Cost, ModelError> {
        self.check()?;
        let path = if self.linear { LinearPath::cost(shape.features(), self.code) } else { Cost::default() };
        Ok(self.layout().cost(shape)?.and(path))
    }

    fn layout(&self) -> Layout {
        Layout {
            channels: self.channels.clone(),
            kernel: self.kernel,
            stride: self.stride,
            downsampling: self.downsampling,
            upsampling: self.upsampling,
            hidden: self.hidden.clone(),
            code: self.code,
            activation: self.activation,
            initialisation: self.initialisation,
        }
    }
}

/// A convolutional autoencoder.
#[derive(Module, Debug)]
pub struct Conv {
    encoder: EncoderTrunk,
    code: Linear,
    decoder: DecoderTrunk,
    linear: Option<LinearPath>,
    #[module(skip)]
    shape: ExampleShape,
    #[module(skip)]
    config: ConvConfig,
}

impl AsksForPath for ConvConfig {
    fn has_linear_path(&self) -> bool {
        self.linear
    }
}

impl StartsLinear for Conv {
    fn with_linear_solution(self, pca: &Pca) -> Self {
        let Some(path) = self.linear else { return self };
        Self {
            linear: Some(path.with_solution(pca)),
            code: self.code.zeroed(),
            decoder: self.decoder.silenced(),
            ..self
        }
    }
}

impl Autoencoder for Conv {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        self.config.code
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        let bent = self.code.forward(self.encoder.forward(x.clone()), Activation::Identity);
        let pre_activation = match &self.linear {
            Some(path) => bent + path.encode(x),
            None => bent,
        };
        let h = self.config.code_activation.forward(pre_activation.clone());
        Code { h, pre_activation: Some(pre_activation), posterior: None }
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        match &self.linear {
            Some(path) => self.decoder.forward(h.clone()) + path.decode(h),
            None => self.decoder.forward(h),
        }
    }
}

impl Chain for Conv {
    fn encoder_steps(&self) -> Vec<Step> {
        let mut hidden = self.encoder.steps();
        hidden.extend(self.code.steps(Activation::Identity));
        let mut steps = beside(hidden, self.linear.as_ref().map(|path| &path.encoder));
        steps.extend(Step::activation(self.config.code_activation));
        steps
    }

    fn decoder_steps(&self) -> Vec<Step> {
        beside(self.decoder.steps(), self.linear.as_ref().map(|path| &path.decoder))
    }
}

impl Facts for Conv {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        let mut weights = self.encoder.weights();
        weights.push(self.code.weight.val());
        weights
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        self.decoder.weights()
    }

    fn directional_derivative(&self, x: Tensor<2>, v: Tensor<2>) -> Option<Tensor<2>> {
        let at = self.encoder.forward_with_tangent((x, v.clone()));
        let tangent = self.code.forward_with_tangent(self.config.code_activation, at).1;
        Some(match &self.linear {
            Some(path) => tangent + path.tangent(v),
            None => tangent,
        })
    }

    fn code_is_in_unit_interval(&self) -> bool {
        self.config.code_activation == Activation::Sigmoid
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::blocks::testing::{assert_tangent_is_the_change_of_the_code, rows};

    fn model(config: &ConvConfig, [channels, height, width]: [usize; 3]) -> Result<Conv, ModelError> {
        let shape = ExampleShape::Image { channels, height, width };
        config.init(shape, Seed::new(3), &Device::flex())
    }

    const WAYS: [(Downsampling, Upsampling); 4] = [
        (Downsampling::Stride, Upsampling::Transposed),
        (Downsampling::Stride, Upsampling::Nearest),
        (Downsampling::MaxPool, Upsampling::Nearest),
        (Downsampling::AveragePool, Upsampling::Nearest),
    ];

    #[test]
    fn the_directional_derivative_is_the_change_of_the_code() {
        for (downsampling, upsampling) in WAYS {
            let config = ConvConfig {
                channels: vec![3, 4],
                hidden: vec![5],
                code: 3,
                downsampling,
                upsampling,
                activation: Activation::Tanh,
                ..ConvConfig::default()
            };
            let model = model(&config, [2, 9, 6]).expect("a model");
            assert_tangent_is_the_change_of_the_code(&model, 108);
        }
    }

    #[test]
    fn an_image_is_seen_row_by_row() {
        let config = ConvConfig { channels: vec![2], ..ConvConfig::default() };
        let model = model(&config, [1, 4, 6]).expect("a model");
        // The kernel reaches one pixel: what is far from the changed one stays the same.
        let before = model.encoder.forward(Tensor::zeros([1, 24], &Device::flex()));
        let last = Tensor::<2>::zeros([1, 24], &Device::flex())
            .slice_assign([0..1, 23..24], Tensor::<2>::ones([1, 1], &Device::flex()));
        let change = (model.encoder.forward(last) - before).abs().into_data();
        let change: Vec<f32> = change.iter().collect();
        // Two channels of 2 x 3: the last pixel of each sees the last pixel of the image.
        for (index, change) in change.into_iter().enumerate() {
            assert_eq!(change > 0.0, index % 6 == 5, "{index}");
        }
    }

    #[test]
    fn no_stages_are_refused() {
        let config = ConvConfig { channels: Vec::new(), ..ConvConfig::default() };
        assert!(config.check().expect_err("refused").to_string().contains("model.channels"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn shapes_are_those_asked_for(
            channels in proptest::collection::vec(1_usize..4, 1..4),
            hidden in proptest::collection::vec(1_usize..5, 0..2),
            kernel in prop::sample::select(vec![1_usize, 3, 5]),
            stride in 1_usize..4,
            size in (1_usize..3, 5_usize..13, 5_usize..13),
            way in prop::sample::select(WAYS.to_vec()),
            batch in prop::sample::select(vec![1_usize, 5]),
        ) {
            let (downsampling, upsampling) = way;
            let size = [size.0, size.1, size.2];
            let config = ConvConfig {
                channels, kernel, stride, downsampling, upsampling, hidden, code: 3, ..ConvConfig::default()
            };
            // What the arithmetic refuses is no model.
            if let Ok(model) = model(&config, size) {
                let features = size.iter().product();
                let code = model.encode(rows(batch, features, 1)).h;
                prop_assert_eq!(code.dims(), [batch, 3]);
                prop_assert_eq!(model.decode(code).dims(), [batch, features]);
            }
        }
    }
}
