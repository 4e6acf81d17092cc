//! The dense autoencoder: fully connected layers of any depth, tied or not.
//!
//! Encoder `h = s_c(W_L ... s(W_1 x + b_1) ... + b_L)`, decoder the mirror image, whose last layer
//! has no activation. With tied weights `W'_l = W_lᵀ` are the same parameters, used twice (Vincent et
//! al. 2010, section 2.2; Hinton and Salakhutdinov 2006 for the deep form).

mod stack;

use autoencoder_core::{Autoencoder, Code, ExampleShape, Facts, Pass, Seed};
use autoencoder_kernels::contraction::squared_jacobian;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};

use crate::blocks::activation::Activation;
use crate::blocks::initialisation::Initialisation;
use crate::blocks::layout::Cost;
use crate::blocks::linear::{Linear, TiedLinear};
use crate::blocks::linear_path::{AsksForPath, LinearPath, StartsLinear, beside};
use crate::export::{Chain, Step};
use crate::{ModelError, Pca};

/// The `[model]` table of kind `dense`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DenseConfig {
    /// The widths of the encoder's hidden layers, input side first; the decoder has them in reverse.
    pub hidden: Vec<usize>,
    /// The number of code units.
    pub code: usize,
    /// The activation of the hidden layers.
    pub activation: Activation,
    /// The activation of the code.
    pub code_activation: Activation,
    /// Whether the decoder uses the transposes of the encoder's weights.
    pub tied: bool,
    /// How initial weights are drawn; biases start at zero.
    pub initialisation: Initialisation,
    /// Whether a linear path runs beside the hidden layers of the encoder and of the decoder
    /// ([`crate::blocks::linear_path`]).
    pub linear: bool,
}

impl Default for DenseConfig {
    fn default() -> Self {
        Self {
            hidden: Vec::new(),
            code: 32,
            activation: Activation::Gelu,
            code_activation: Activation::Identity,
            tied: false,
            initialisation: Initialisation::HeNormal,
            linear: false,
        }
    }
}

impl DenseConfig {
    /// Checks the widths.
    ///
    /// # Errors
    /// [`ModelError::ZeroWidth`] naming the key; [`ModelError::BentPath`] for a linear path that cannot be one.
    pub fn check(&self) -> Result<(), ModelError> {
        if let Some(index) = self.hidden.iter().position(|&width| width == 0) {
            return Err(ModelError::ZeroWidth { key: format!("model.hidden[{index}]") });
        }
        if self.code == 0 {
            return Err(ModelError::ZeroWidth { key: "model.code".to_owned() });
        }
        if self.linear && (self.tied || self.code_activation != Activation::Identity) {
            Err(ModelError::BentPath)
        } else {
            Ok(())
        }
    }

    /// What a model for examples of `shape` costs, before any is made.
    ///
    /// # Errors
    /// Those of [`Self::init`].
    pub fn cost(&self, shape: ExampleShape) -> Result<Cost, ModelError> {
        self.check()?;
        let widths: Vec<usize> =
            [shape.features()].into_iter().chain(self.hidden.iter().copied()).chain([self.code]).collect();
        let encoder = Cost::of_layers(&widths);
        let path = if self.linear { LinearPath::cost(shape.features(), self.code) } else { Cost::default() };
        let both = encoder.twice().and(path);
        Ok(if self.tied { Cost { weights: encoder.weights, ..both } } else { both })
    }

    /// The sizes of the encoder's layers before the code, input side first.
    pub(crate) fn layer_sizes(&self) -> Vec<usize> {
        self.hidden.clone()
    }

    /// A model of that architecture for examples of `shape`, its weights drawn from `seed`.
    ///
    /// # Errors
    /// Those of [`Self::check`].
    pub fn init(&self, shape: ExampleShape, seed: Seed, device: &Device) -> Result<Dense, ModelError> {
        self.check()?;
        let widths: Vec<usize> =
            [shape.features()].into_iter().chain(self.hidden.iter().copied()).chain([self.code]).collect();
        let layer = |part: &str, index: usize, inputs, outputs| {
            Linear::new(inputs, outputs, self.initialisation, seed.stream(part).at(index as u64), device)
        };
        let pairs = || widths.windows(2).map(|pair| (pair[0], pair[1]));
        let encoder =
            pairs().enumerate().map(|(index, (inputs, outputs))| layer("encoder", index, inputs, outputs));
        let mirrored = pairs().rev();
        let decoder = if self.tied {
            Decoder::Tied(mirrored.map(|(outputs, _)| TiedLinear::new(outputs, device)).collect())
        } else {
            Decoder::Own(
                mirrored
                    .enumerate()
                    .map(|(index, (outputs, inputs))| layer("decoder", index, inputs, outputs))
                    .collect(),
            )
        };
        let linear = self.linear.then(|| LinearPath::new(shape.features(), self.code, seed, device));
        Ok(Dense { encoder: encoder.collect(), decoder, linear, shape, config: self.clone() })
    }
}

/// A dense autoencoder.
#[derive(Module, Debug)]
pub struct Dense {
    encoder: Vec<Linear>,
    decoder: Decoder,
    linear: Option<LinearPath>,
    #[module(skip)]
    shape: ExampleShape,
    #[module(skip)]
    config: DenseConfig,
}

/// The decoder's layers, code side first.
#[derive(Module, Debug)]
enum Decoder {
    /// With weights of their own.
    Own(Vec<Linear>),
    /// With the transposes of the encoder's.
    Tied(Vec<TiedLinear>),
}

impl Dense {
    /// The decoder's layer `index`, code side first.
    fn decoder_layer(&self, index: usize, h: Tensor<2>, activation: Activation) -> Tensor<2> {
        match &self.decoder {
            Decoder::Own(layers) => layers[index].forward(h, activation),
            Decoder::Tied(layers) => {
                let mirror = &self.encoder[self.encoder.len() - 1 - index];
                layers[index].forward(h, mirror.weight.val(), activation)
            }
        }
    }
}

impl AsksForPath for DenseConfig {
    fn has_linear_path(&self) -> bool {
        self.linear
    }
}

impl StartsLinear for Dense {
    fn with_linear_solution(mut self, pca: &Pca) -> Self {
        let Some(path) = self.linear.take() else { return self };
        self.linear = Some(path.with_solution(pca));
        change_last(&mut self.encoder, Linear::zeroed);
        if let Decoder::Own(layers) = &mut self.decoder {
            change_last(layers, Linear::zeroed);
        }
        self
    }

    fn with_output_bias(mut self, bias: Tensor<1>) -> Self {
        let bias = Param::from_tensor(bias);
        match &mut self.decoder {
            Decoder::Own(layers) => change_last(layers, |layer| Linear { bias, ..layer }),
            Decoder::Tied(layers) => change_last(layers, |_| TiedLinear { bias }),
        }
        self
    }
}

impl Autoencoder for Dense {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        self.config.code
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        self.encode_through(x, &mut |h| h)
    }

    fn encode_through(&self, x: Tensor<2>, between: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Code {
        let (last, hidden) = self.encoder.split_last().expect("an encoder has at least one layer");
        let hidden_output =
            hidden.iter().fold(x.clone(), |x, layer| between(layer.forward(x, self.config.activation)));
        let bent = last.forward(hidden_output, Activation::Identity);
        let pre_activation = match &self.linear {
            Some(path) => bent + path.encode(x),
            None => bent,
        };
        let h = self.config.code_activation.forward(pre_activation.clone());
        Code { h, pre_activation: Some(pre_activation), posterior: None }
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        let last = self.encoder.len() - 1;
        let hidden =
            (0..last).fold(h.clone(), |h, index| self.decoder_layer(index, h, self.config.activation));
        let bent = self.decoder_layer(last, hidden, Activation::Identity);
        match &self.linear {
            Some(path) => bent + path.decode(h),
            None => bent,
        }
    }
}

impl Chain for Dense {
    fn encoder_steps(&self) -> Vec<Step> {
        let last = self.encoder.len() - 1;
        let activation = |index| if index == last { Activation::Identity } else { self.config.activation };
        let layers = self.encoder.iter().enumerate();
        let hidden = layers.flat_map(|(index, layer)| layer.steps(activation(index))).collect();
        let mut steps = beside(hidden, self.linear.as_ref().map(|path| &path.encoder));
        steps.extend(Step::activation(self.config.code_activation));
        steps
    }

    fn decoder_steps(&self) -> Vec<Step> {
        let last = self.encoder.len() - 1;
        let activation = |index| if index == last { Activation::Identity } else { self.config.activation };
        let hidden = match &self.decoder {
            Decoder::Own(layers) => {
                layers.iter().enumerate().flat_map(|(index, layer)| layer.steps(activation(index))).collect()
            }
            Decoder::Tied(layers) => layers
                .iter()
                .zip(self.encoder.iter().rev())
                .enumerate()
                .flat_map(|(index, (layer, mirror))| layer.steps(mirror.weight.val(), activation(index)))
                .collect(),
        };
        beside(hidden, self.linear.as_ref().map(|path| &path.decoder))
    }
}

impl Facts for Dense {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        self.encoder.iter().map(|layer| layer.weight.val()).collect()
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        match &self.decoder {
            Decoder::Own(layers) => layers.iter().map(|layer| layer.weight.val()).collect(),
            Decoder::Tied(_) => Vec::new(),
        }
    }

    /// For one layer: `Σ_k s'(a_k)² Σ_j W_jk²` (Rifai et al. 2011, eq. 5, for the sigmoid).
    fn squared_jacobian(&self, pass: &Pass) -> Option<Tensor<1>> {
        let ([layer], None) = (self.encoder.as_slice(), &self.linear) else { return None };
        let activation = self.config.code_activation;
        let derivative = match activation.derivative_from_output(pass.code.h.clone()) {
            Some(derivative) => derivative,
            None => activation.derivative(pass.code.pre_activation.clone()?),
        };
        Some(squared_jacobian(derivative, layer.weight.val()))
    }

    fn directional_derivative(&self, x: Tensor<2>, v: Tensor<2>) -> Option<Tensor<2>> {
        let (last, hidden) = self.encoder.split_last()?;
        let start = (x, v.clone());
        let at =
            hidden.iter().fold(start, |at, layer| layer.forward_with_tangent(self.config.activation, at));
        let tangent = last.forward_with_tangent(self.config.code_activation, at).1;
        Some(match &self.linear {
            Some(path) => tangent + path.tangent(v),
            None => tangent,
        })
    }

    fn code_is_in_unit_interval(&self) -> bool {
        self.config.code_activation == Activation::Sigmoid
    }
}

/// Replaces the last layer.
fn change_last<L>(layers: &mut Vec<L>, change: impl FnOnce(L) -> L) {
    let last = layers.pop().map(change);
    layers.extend(last);
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::pass_of_code;
    use autoencoder_core::{Bernoulli, Loss};
    use burn::tensor::{TensorData, Tolerance};
    use proptest::prelude::*;

    use super::*;

    fn model(config: &DenseConfig, features: usize) -> Dense {
        let device = Device::flex().autodiff();
        config.init(ExampleShape::Flat(features), Seed::new(3), &device).expect("valid widths").train()
    }

    fn examples(rows: usize, features: usize) -> Tensor<2> {
        let values = Initialisation::HeUniform.weights(rows, features, Seed::new(8));
        let values = values.into_iter().map(|value| value.abs().min(1.0)).collect::<Vec<_>>();
        Tensor::from_data(TensorData::new(values, [rows, features]), &Device::flex().autodiff())
    }

    #[test]
    fn the_tied_gradient_is_the_sum_of_both_untied_ones() {
        let tied = DenseConfig { hidden: vec![5], code: 3, tied: true, ..DenseConfig::default() };
        let tied = model(&tied, 7);
        let mut untied = model(&DenseConfig { tied: false, ..tied.config.clone() }, 7);
        for index in 0..2 {
            let weight = tied.encoder[index].weight.val().inner();
            let device = Device::flex().autodiff();
            let copy = |w: Tensor<2>| {
                burn::module::Param::from_tensor(Tensor::from_data(w.into_data(), &device))
                    .set_require_grad(true)
            };
            untied.encoder[index].weight = copy(weight.clone());
            let Decoder::Own(layers) = &mut untied.decoder else { panic!("not tied") };
            layers[1 - index].weight = copy(weight.transpose());
        }
        let loss = |model: &Dense| {
            let x = examples(4, 7);
            Loss::Bernoulli(Bernoulli {}).mean(model.decode(model.encode(x.clone()).h), x).backward()
        };
        let (of_tied, of_untied) = (loss(&tied), loss(&untied));
        for index in 0..2 {
            let Decoder::Own(layers) = &untied.decoder else { panic!("not tied") };
            let both = untied.encoder[index].weight.val().grad(&of_untied).expect("a gradient")
                + layers[1 - index].weight.val().grad(&of_untied).expect("a gradient").transpose();
            let one = tied.encoder[index].weight.val().grad(&of_tied).expect("a gradient");
            one.into_data().assert_approx_eq::<f32>(&both.into_data(), Tolerance::absolute(1e-5));
        }
    }

    #[test]
    fn tied_weights_are_counted_once() {
        let count = |tied| model(&DenseConfig { code: 3, tied, ..DenseConfig::default() }, 7).num_params();
        assert_eq!(count(true), 7 * 3 + 3 + 7);
        assert_eq!(count(false), 2 * 7 * 3 + 3 + 7);
        let weights = |tied, code| {
            let config = DenseConfig { code, tied, ..DenseConfig::default() };
            config.cost(ExampleShape::Flat(7)).expect("widths above zero").weights
        };
        assert_eq!((weights(true, 3), weights(false, 3)), (21, 42));
        assert_eq!(weights(false, usize::MAX), u64::MAX);
    }

    #[test]
    fn zero_widths_are_refused_by_their_key() {
        let of =
            |hidden: &[usize], code| DenseConfig { hidden: hidden.to_vec(), code, ..DenseConfig::default() };
        let message = |config: DenseConfig| config.check().expect_err("refused").to_string();
        assert!(message(of(&[4, 0], 2)).contains("model.hidden[1]"));
        assert!(message(of(&[], 0)).contains("model.code"));
    }

    #[test]
    fn the_closed_form_of_the_jacobian_is_its_norm_row_by_row() {
        for kind in Activation::KINDS {
            let code_activation: Activation = serde_json::from_value(kind.name.into()).expect(kind.name);
            let model = model(&DenseConfig { code: 3, code_activation, ..DenseConfig::default() }, 5);
            let x = examples(2, 5);
            let pass = Pass { code: model.encode(x.clone()), ..pass_of_code(x.clone()) };
            let closed: Vec<f32> =
                model.squared_jacobian(&pass).expect("one layer").into_data().iter().collect();
            for (row, closed) in closed.into_iter().enumerate() {
                let norm: f32 = (0..3)
                    .map(|unit| {
                        let x = x.clone().inner().narrow(0, row, 1);
                        let x =
                            Tensor::<2>::from_data(x.into_data(), &Device::flex().autodiff()).require_grad();
                        let gradients =
                            model.encode(x.clone()).h.slice([0..1, unit..unit + 1]).sum().backward();
                        x.grad(&gradients).expect("a gradient").powi_scalar(2).sum().into_scalar::<f32>()
                    })
                    .sum();
                assert!((closed - norm).abs() <= 1e-5 * norm.max(1.0), "{code_activation:?} {closed} {norm}");
            }
        }
    }

    #[test]
    fn the_directional_derivative_is_the_change_of_the_code() {
        for activation in [Activation::Gelu, Activation::Tanh, Activation::Softplus] {
            let config = DenseConfig { hidden: vec![6], code: 3, activation, ..DenseConfig::default() };
            crate::blocks::testing::assert_tangent_is_the_change_of_the_code(&model(&config, 5), 5);
        }
    }

    #[test]
    fn what_is_between_hidden_layers_maps_each_of_them_and_not_the_code() {
        let config = DenseConfig { hidden: vec![6, 4], code: 3, ..DenseConfig::default() };
        let (model, mut widths) = (model(&config, 5), Vec::new());
        let zeroed = model.encode_through(examples(2, 5), &mut |h| {
            widths.push(h.dims()[1]);
            h.zeros_like()
        });
        assert_eq!(widths, [6, 4]);
        // Biases are zero at the start, so nothing comes of hidden units that are all zero.
        assert_eq!(zeroed.h.abs().sum().into_scalar::<f32>(), 0.0);
        assert!(model.encode(examples(2, 5)).h.abs().sum().into_scalar::<f32>() > 0.0);
    }

    #[test]
    fn a_deep_encoder_has_no_closed_form() {
        let model = model(&DenseConfig { hidden: vec![4], code: 3, ..DenseConfig::default() }, 5);
        let x = examples(2, 5);
        let pass = Pass { code: model.encode(x.clone()), ..pass_of_code(x) };
        assert!(model.squared_jacobian(&pass).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn shapes_are_those_asked_for(
            hidden in proptest::collection::vec(1_usize..9, 0..4),
            code in 1_usize..9,
            features in 1_usize..17,
            rows in prop::sample::select(vec![1_usize, 7, 17]),
            tied: bool,
        ) {
            let model = model(&DenseConfig { hidden, code, tied, ..DenseConfig::default() }, features);
            let encoded = model.encode(examples(rows, features));
            prop_assert_eq!(encoded.h.dims(), [rows, code]);
            prop_assert_eq!(model.decode(encoded.h).dims(), [rows, features]);
        }
    }
}
