//! A dense model as a stack of one-layer autoencoders, each trained on the codes of the one below (Bengio et al. 2007;
//! Vincent et al. 2010, section 3.4): encoder layer `l` is the encoder of the `l`-th, and the decoder has theirs in
//! reverse.

use autoencoder_core::ExampleShape;

use super::{Decoder, Dense, DenseConfig};
use crate::blocks::activation::Activation;

impl DenseConfig {
    /// The number of layers of the encoder.
    pub fn depth(&self) -> usize {
        self.hidden.len() + 1
    }

    /// Each layer of the encoder as an autoencoder of its own, input side first, with the number of its inputs, where
    /// an example has `features`.
    pub fn layers(&self, features: usize) -> Vec<(usize, Self)> {
        let outputs = self.hidden.iter().copied().chain([self.code]);
        let mut inputs = features;
        let layer = |(index, code)| {
            let code_activation = match index {
                index if index < self.hidden.len() => self.activation,
                _ => self.code_activation,
            };
            let layer = Self { hidden: Vec::new(), code, code_activation, linear: false, ..self.clone() };
            (std::mem::replace(&mut inputs, code), layer)
        };
        outputs.enumerate().map(layer).collect()
    }

    /// The activation of the layer's inputs, which are the codes of the layer below; `None` of the first, whose inputs
    /// are examples.
    pub fn activation_below(&self, layer: usize) -> Option<Activation> {
        (layer > 0).then_some(self.activation)
    }

    /// The stack of autoencoders of one layer each, input side first, as one model of this architecture; `None` where
    /// they are not the [`Self::layers`] of it.
    pub fn stacked(&self, shape: ExampleShape, layers: Vec<Dense>) -> Option<Dense> {
        let expected = self.layers(shape.features());
        let fits = |(layer, (inputs, config)): (&Dense, &(usize, Self))| {
            layer.shape.features() == *inputs && layer.config == *config
        };
        if layers.len() != expected.len() || !layers.iter().zip(&expected).all(fits) {
            return None;
        }
        let (mut encoder, mut own, mut tied) = (Vec::new(), Vec::new(), Vec::new());
        for layer in layers {
            encoder.extend(layer.encoder);
            match layer.decoder {
                Decoder::Own(decoder) => own.extend(decoder),
                Decoder::Tied(decoder) => tied.extend(decoder),
            }
        }
        own.reverse();
        tied.reverse();
        let decoder = if self.tied { Decoder::Tied(tied) } else { Decoder::Own(own) };
        Some(Dense { encoder, decoder, linear: None, shape, config: self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::{Autoencoder as _, Seed};
    use burn::tensor::{Device, Tensor, Tolerance};

    use super::*;

    fn layers(config: &DenseConfig) -> Vec<Dense> {
        let device = Device::flex();
        let init = |(index, (inputs, config)): (usize, (usize, DenseConfig))| {
            config
                .init(ExampleShape::Flat(inputs), Seed::new(index as u64), &device)
                .expect("widths above zero")
        };
        config.layers(6).into_iter().enumerate().map(init).collect()
    }

    #[test]
    fn a_stack_encodes_layer_by_layer_and_decodes_the_other_way() {
        for tied in [false, true] {
            let config = DenseConfig {
                hidden: vec![5, 4],
                code: 3,
                activation: Activation::Sigmoid,
                code_activation: Activation::Tanh,
                tied,
                ..DenseConfig::default()
            };
            let [first, second, third] = &layers(&config)[..] else { panic!("three layers") };
            let stack = config.stacked(ExampleShape::Flat(6), layers(&config)).expect("its own layers");
            let x = Tensor::<2>::from_data([[0.1, 0.9, 0.4, 0.0, 1.0, 0.3]], &Device::flex());
            let h = third.encode(second.encode(first.encode(x.clone()).h).h).h;
            let close = |ours: Tensor<2>, other: Tensor<2>| {
                ours.into_data().assert_approx_eq::<f32>(&other.into_data(), Tolerance::absolute(1e-6));
            };
            close(stack.encode(x).h, h.clone());
            let s = |a: Tensor<2>| Activation::Sigmoid.forward(a);
            close(stack.decode(h.clone()), first.decode(s(second.decode(s(third.decode(h))))));
        }
    }

    #[test]
    fn layers_of_another_architecture_are_no_stack() {
        let config = DenseConfig { hidden: vec![5], code: 3, ..DenseConfig::default() };
        let shape = ExampleShape::Flat(6);
        assert!(config.stacked(shape, layers(&config)).is_some());
        let other = DenseConfig { hidden: vec![4], ..config.clone() };
        assert!(config.stacked(shape, layers(&other)).is_none());
        assert!(config.stacked(shape, layers(&config)[..1].to_vec()).is_none());
    }
}
