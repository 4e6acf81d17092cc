//! A linear path beside the hidden layers, from examples to codes and back: a residual connection around each half of an
//! autoencoder (He et al. 2016), which the solution of the linear problem initialises. No linear autoencoder has a smaller
//! squared error than PCA (Bourlard and Kamp 1988; Baldi and Hornik 1989), and a model whose other path starts at zero
//! starts there.

use autoencoder_core::Seed;
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};

use super::activation::Activation;
use super::initialisation::Initialisation;
use super::layout::Cost;
use super::linear::Linear;
use crate::Pca;
use crate::export::Step;

/// `x A + a` beside the encoder's hidden layers, `h B + b` beside the decoder's.
#[derive(Module, Debug)]
pub struct LinearPath {
    /// `A` and `a`, `[features, codes]`.
    pub encoder: Linear,
    /// `B` and `b`, `[codes, features]`.
    pub decoder: Linear,
}

/// A configuration that may ask for a linear path.
pub trait AsksForPath {
    /// Whether it does.
    fn has_linear_path(&self) -> bool {
        false
    }
}

/// A model that may have a linear path.
pub trait StartsLinear: Sized {
    /// The same model at the solution of the linear problem: its path is PCA, and nothing comes of what is beside it.
    /// A model without a path stays as it is.
    fn with_linear_solution(self, _pca: &Pca) -> Self {
        self
    }

    /// The same model with that bias of its output, `[features]`; one that has none of that shape stays as it is.
    fn with_output_bias(self, _bias: Tensor<1>) -> Self {
        self
    }
}

impl LinearPath {
    /// A path whose weights are drawn from `seed`.
    pub fn new(features: usize, codes: usize, seed: Seed, device: &Device) -> Self {
        let layer = |part: &str, inputs, outputs| {
            Linear::new(inputs, outputs, Initialisation::default(), seed.stream(part), device)
        };
        Self {
            encoder: layer("linear encoder", features, codes),
            decoder: layer("linear decoder", codes, features),
        }
    }

    /// The path whose reconstruction is PCA's: `A = V`, `a = -m V`, `B = Vᵀ`, `b = m`. Code units beyond the components
    /// stay zero.
    pub fn with_solution(self, pca: &Pca) -> Self {
        let [features, codes] = self.encoder.weight.dims();
        let components = pca.explained_variance().len().min(codes);
        let (mut encoder, mut offsets) = (vec![0.0; features * codes], vec![0.0; codes]);
        let mut decoder = vec![0.0; codes * features];
        for component in 0..components {
            for feature in 0..features {
                let entry = pca.component(component, feature);
                encoder[feature * codes + component] = entry as f32;
                decoder[component * features + feature] = entry as f32;
                offsets[component] -= entry * pca.mean()[feature];
            }
        }
        let offsets = offsets.into_iter().map(|offset| offset as f32).collect();
        let mean = pca.mean().iter().map(|&mean| mean as f32).collect();
        Self {
            encoder: self.encoder.with_numbers(encoder, offsets),
            decoder: self.decoder.with_numbers(decoder, mean),
        }
    }

    /// `x A + a`, `[batch, features] -> [batch, codes]`.
    pub fn encode(&self, x: Tensor<2>) -> Tensor<2> {
        self.encoder.forward(x, Activation::Identity)
    }

    /// `h B + b`, `[batch, codes] -> [batch, features]`.
    pub fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        self.decoder.forward(h, Activation::Identity)
    }

    /// The derivative of [`Self::encode`] in the direction `v`, `[batch, codes]`.
    pub fn tangent(&self, v: Tensor<2>) -> Tensor<2> {
        v.matmul(self.encoder.weight.val())
    }

    /// What a path costs.
    pub fn cost(features: usize, codes: usize) -> Cost {
        Cost::of_layers(&[features, codes]).twice()
    }
}

/// `steps`, and beside them what `path` makes of the same input, where there is one.
pub(crate) fn beside(steps: Vec<Step>, path: Option<&Linear>) -> Vec<Step> {
    match path {
        Some(path) => {
            vec![Step::Sum { one: steps, other: path.steps(Activation::Identity).collect() }]
        }
        None => steps,
    }
}

impl Linear {
    /// The same layer with these weights, `[inputs, outputs]` row by row, and biases.
    pub(crate) fn with_numbers(self, weights: Vec<f32>, biases: Vec<f32>) -> Self {
        let weight =
            self.weight.map(|old| Tensor::from_data(TensorData::new(weights, old.dims()), &old.device()));
        let bias = self.bias.map(|old| Tensor::from_data(TensorData::new(biases, old.dims()), &old.device()));
        Self { weight, bias }
    }

    /// The same layer with weights and biases of zero, which puts out nothing.
    pub(crate) fn zeroed(self) -> Self {
        Self { weight: self.weight.map(|old| old.zeros_like()), bias: self.bias.map(|old| old.zeros_like()) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use autoencoder_core::testing::Rows;
    use autoencoder_core::{Autoencoder as _, ExampleShape, Source};
    use burn::tensor::Tolerance;

    use super::*;
    use crate::{ModelConfig, ModelError};

    const SHAPE: ExampleShape = ExampleShape::Image { channels: 1, height: 4, width: 6 };

    fn rows() -> Vec<f32> {
        let value =
            |i: usize, j: usize| (i as f32 * 0.37 * (1.0 + j as f32)).sin() * (1.0 + j as f32 * 0.1) + 2.0;
        (0..40).flat_map(|i| (0..24).map(move |j| value(i, j))).collect()
    }

    fn config(text: &str) -> ModelConfig {
        serde_json::from_str(text).expect("a configuration")
    }

    #[test]
    fn a_model_with_a_path_starts_as_pca() {
        let source: Arc<dyn Source> = Arc::new(Rows::new(24, rows()));
        let pca = Pca::fit(&source, 3).expect("components");
        for text in [
            r#"{ "kind": "dense", "hidden": [8], "code": 3, "linear": true }"#,
            r#"{ "kind": "dense", "hidden": [], "code": 3, "linear": true }"#,
            r#"{ "kind": "conv", "channels": [4], "code": 3, "linear": true }"#,
            r#"{ "kind": "conv", "channels": [4, 4], "code": 3, "upsampling": "nearest", "linear": true }"#,
            // A unit more than there are components stays zero.
            r#"{ "kind": "dense", "hidden": [8], "code": 4, "linear": true }"#,
        ] {
            let model = config(text).init(SHAPE, Seed::new(2), &Device::flex()).expect("a model");
            let model = model.with_linear_solution(&pca);
            let x = Tensor::from_data(TensorData::new(rows(), [40, 24]), &Device::flex());
            let code = model.encode(x.clone()).h;
            let expected = TensorData::new(pca.transform(&rows()), [40, 3]);
            code.clone()
                .slice([0..40, 0..3])
                .into_data()
                .assert_approx_eq::<f32>(&expected, Tolerance::absolute(1e-4));
            let units = code.dims()[1];
            assert!(
                units == 3 || code.clone().slice([0..40, 3..units]).abs().sum().into_scalar::<f32>() == 0.0
            );
            let reconstruction = TensorData::new(pca.inverse_transform(&pca.transform(&rows())), [40, 24]);
            let tolerance = Tolerance::absolute(1e-4);
            model.decode(code).into_data().assert_approx_eq::<f32>(&reconstruction, tolerance);
        }
    }

    #[test]
    fn without_a_path_the_solution_changes_nothing() {
        let source: Arc<dyn Source> = Arc::new(Rows::new(24, rows()));
        let pca = Pca::fit(&source, 3).expect("components");
        let init = || {
            let config = config(r#"{ "kind": "dense", "hidden": [8], "code": 3 }"#);
            config.init(SHAPE, Seed::new(2), &Device::flex()).expect("a model")
        };
        let bytes = |model| crate::safetensors::save(&model).expect("written");
        assert_eq!(bytes(init().with_linear_solution(&pca)), bytes(init()));
    }

    #[test]
    fn a_path_beside_a_bent_code_or_tied_weights_is_refused() {
        for wrong in [
            r#"{ "kind": "dense", "linear": true, "tied": true }"#,
            r#"{ "kind": "dense", "linear": true, "code_activation": "tanh" }"#,
            r#"{ "kind": "conv", "linear": true, "code_activation": "relu" }"#,
        ] {
            assert!(matches!(config(wrong).check(), Err(ModelError::BentPath)), "{wrong}");
        }
    }

    #[test]
    fn the_directional_derivative_counts_the_path() {
        for text in [
            r#"{ "kind": "dense", "hidden": [6], "code": 3, "activation": "tanh", "linear": true }"#,
            r#"{ "kind": "conv", "channels": [2], "code": 3, "activation": "tanh", "linear": true }"#,
        ] {
            let model = config(text).init(SHAPE, Seed::new(2), &Device::flex()).expect("a model");
            crate::blocks::testing::assert_tangent_is_the_change_of_the_code(&model, 24);
        }
    }
}
