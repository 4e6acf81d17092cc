//! The variational autoencoder (Kingma and Welling 2014): the encoder gives a diagonal Gaussian posterior
//! `q(h|x)`, the decoder the likelihood `p(x|h)`, and the objective is the negative evidence lower bound
//! `E_q[-ln p(x|h)] + beta KL(q(h|x) || N(0, 1))`. With convolutional stages before the dense layers it is
//! a convolutional one.

use autoencoder_core::{
    Autoencoder, Code, DiagonalGaussian, ExampleShape, Facts, Pass, RangeError, Seed, Term,
};
use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::ModelError;
use crate::blocks::activation::Activation;
use crate::blocks::initialisation::Initialisation;
use crate::blocks::layout::{Cost, Downsampling, Layout, Upsampling};
use crate::blocks::linear::Linear;
use crate::blocks::linear_path::{AsksForPath, StartsLinear};
use crate::blocks::trunk::{DecoderTrunk, EncoderTrunk};
use crate::export::{Chain, Step};

/// The `[model]` table of kind `variational`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VariationalConfig {
    /// The channels after each convolutional stage of the encoder, input side first; empty: none.
    pub channels: Vec<usize>,
    /// The rows and columns of every kernel.
    pub kernel: usize,
    /// How many times smaller each stage makes the image.
    pub stride: usize,
    /// How the encoder makes the image smaller.
    pub downsampling: Downsampling,
    /// How the decoder makes it larger.
    pub upsampling: Upsampling,
    /// The widths of the dense layers between the input or the last stage and the code.
    pub hidden: Vec<usize>,
    /// The number of code units.
    pub code: usize,
    /// The activation of the stages and the hidden layers.
    pub activation: Activation,
    /// How initial weights are drawn; biases start at zero.
    pub initialisation: Initialisation,
    /// The weight of the KL divergence: 1 is the evidence lower bound, more disentangles (Higgins et al.
    /// 2017).
    pub beta: f64,
    /// The share of the training in which that weight grows from 0 to `beta`, in `[0, 1]`.
    pub warm_up: f64,
}

impl Default for VariationalConfig {
    fn default() -> Self {
        Self {
            channels: Vec::new(),
            kernel: 3,
            stride: 2,
            downsampling: Downsampling::Stride,
            upsampling: Upsampling::Transposed,
            hidden: vec![400],
            code: 20,
            activation: Activation::Gelu,
            initialisation: Initialisation::HeNormal,
            beta: 1.0,
            warm_up: 0.0,
        }
    }
}

impl VariationalConfig {
    /// Checks what can be checked without the data.
    ///
    /// # Errors
    /// [`ModelError::ZeroWidth`], [`ModelError::EvenKernel`] or [`ModelError::OutOfRange`] naming the key.
    pub fn check(&self) -> Result<(), ModelError> {
        RangeError::check_magnitude("model.beta", self.beta)?;
        RangeError::check_probability("model.warm_up", self.warm_up)?;
        self.layout().check()
    }

    /// The sizes of the encoder's layers before the code, input side first.
    pub(crate) fn layer_sizes(&self) -> Vec<usize> {
        [&self.channels[..], &self.hidden].concat()
    }

    /// A model of that architecture for examples of `shape`, its weights drawn from `seed`.
    ///
    /// # Errors
    /// Those of [`Self::check`]; with stages also [`ModelError::NotAnImage`], [`ModelError::TooSmall`] or
    /// [`ModelError::CannotEnlarge`] with the arithmetic.
    pub fn init(&self, shape: ExampleShape, seed: Seed, device: &Device) -> Result<Variational, ModelError> {
        self.check()?;
        let layout = self.layout();
        let (encoder, width) = EncoderTrunk::new(&layout, shape, seed, device)?;
        let decoder = DecoderTrunk::new(&layout, shape, seed, device)?;
        let code = |part: &str| {
            // At the start the posterior is near the prior, whatever the activations before it.
            Linear::new(width, self.code, Initialisation::GlorotUniform, seed.stream(part), device)
        };
        let (mean, log_variance) = (code("mean"), code("log variance"));
        Ok(Variational { encoder, mean, log_variance, decoder, shape, config: self.clone() })
    }

    /// About what a model for examples of `shape` costs, before any is made.
    ///
    /// # Errors
    /// Those of [`Self::init`].
    pub fn cost(&self, shape: ExampleShape) -> Result<Cost, ModelError> {
        self.check()?;
        self.layout().cost(shape)
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

    /// The weight of the KL divergence at a share of the training in `[0, 1]`.
    fn kl_weight(&self, progress: f64) -> f64 {
        if progress < self.warm_up { self.beta * progress / self.warm_up } else { self.beta }
    }
}

/// A variational autoencoder.
#[derive(Module, Debug)]
pub struct Variational {
    encoder: EncoderTrunk,
    mean: Linear,
    log_variance: Linear,
    decoder: DecoderTrunk,
    #[module(skip)]
    shape: ExampleShape,
    #[module(skip)]
    config: VariationalConfig,
}

impl AsksForPath for VariationalConfig {}

impl StartsLinear for Variational {
    fn with_output_bias(mut self, bias: Tensor<1>) -> Self {
        self.decoder = self.decoder.with_output_bias(bias);
        self
    }
}

impl Autoencoder for Variational {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        self.config.code
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        let x = self.encoder.forward(x);
        let identity = Activation::Identity;
        let mean = self.mean.forward(x.clone(), identity);
        let log_variance = self.log_variance.forward(x, identity);
        let posterior = DiagonalGaussian { mean: mean.clone(), log_variance };
        Code { pre_activation: Some(mean.clone()), h: mean, posterior: Some(posterior) }
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        self.decoder.forward(h)
    }

    /// The KL divergence of the posterior from the prior, in nats, by its weight at that moment.
    fn own_terms(&self, pass: &Pass) -> Vec<Term> {
        let Some(posterior) = &pass.code.posterior else { return Vec::new() };
        let weight = self.config.kl_weight(pass.moment.progress);
        vec![Term::new("kl", posterior.kl_from_standard().mean().mul_scalar(weight))]
    }

    fn settled(&self) -> f64 {
        self.config.warm_up
    }
}

impl Chain for Variational {
    /// To the posterior's mean.
    fn encoder_steps(&self) -> Vec<Step> {
        let mut steps = self.encoder.steps();
        steps.extend(self.mean.steps(Activation::Identity));
        steps
    }

    fn decoder_steps(&self) -> Vec<Step> {
        self.decoder.steps()
    }
}

impl Facts for Variational {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        let mut weights = self.encoder.weights();
        weights.extend([self.mean.weight.val(), self.log_variance.weight.val()]);
        weights
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        self.decoder.weights()
    }

    /// Of the posterior's mean.
    fn directional_derivative(&self, x: Tensor<2>, v: Tensor<2>) -> Option<Tensor<2>> {
        let at = self.encoder.forward_with_tangent((x, v));
        Some(self.mean.forward_with_tangent(Activation::Identity, at).1)
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::Moment;
    use autoencoder_core::testing::pass_of_code;

    use super::*;
    use crate::blocks::testing::{assert_tangent_is_the_change_of_the_code, rows};

    const IMAGE: ExampleShape = ExampleShape::Image { channels: 1, height: 6, width: 6 };

    fn model(config: &VariationalConfig) -> Variational {
        config.init(IMAGE, Seed::new(3), &Device::flex()).expect("a model")
    }

    fn config() -> VariationalConfig {
        VariationalConfig { hidden: vec![7], code: 2, ..VariationalConfig::default() }
    }

    #[test]
    fn with_and_without_stages_it_maps_examples_to_posteriors_and_back() {
        for channels in [Vec::new(), vec![2, 3]] {
            let model = model(&VariationalConfig { channels, ..config() });
            let code = model.encode(rows(5, 36, 1));
            let posterior = code.posterior.clone().expect("a posterior");
            assert_eq!(posterior.log_variance.dims(), [5, 2]);
            assert_eq!(code.h.to_data(), posterior.mean.into_data());
            assert_eq!(model.decode(code.sample(Seed::new(1))).dims(), [5, 36]);
            assert_tangent_is_the_change_of_the_code(&model, 36);
        }
    }

    #[test]
    fn the_kl_term_grows_to_beta_while_warming_up() {
        let model = model(&VariationalConfig { beta: 4.0, warm_up: 0.5, ..config() });
        let x = rows(5, 36, 1);
        let term = |progress| {
            let moment = Moment { seed: Seed::new(0), progress };
            let pass = Pass { code: model.encode(x.clone()), moment, ..pass_of_code(x.clone()) };
            let terms = model.own_terms(&pass);
            assert_eq!(terms.len(), 1);
            terms[0].value.clone().into_scalar::<f32>()
        };
        let whole = model.encode(x.clone()).posterior.expect("a posterior").kl_from_standard().mean();
        let whole = 4.0 * whole.into_scalar::<f32>();
        assert!(whole > 0.0);
        for (progress, share) in [(0.0, 0.0), (0.25, 0.5), (0.5, 1.0), (1.0, 1.0)] {
            assert!((term(progress) - share * whole).abs() < 1e-5 * whole);
        }
    }

    #[test]
    fn weights_of_the_kl_term_out_of_range_are_refused_by_their_key() {
        let message = |config: VariationalConfig| config.check().expect_err("refused").to_string();
        assert!(message(VariationalConfig { beta: -1.0, ..config() }).contains("model.beta = -1"));
        assert!(message(VariationalConfig { warm_up: 1.5, ..config() }).contains("model.warm_up = 1.5"));
    }
}
