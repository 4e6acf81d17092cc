//! The evaluation of a model simple enough to compute by hand: its code is half of its input.

use autoencoder_core::testing::Rows;
use autoencoder_core::{Autoencoder, Bernoulli, Code, DataError, ExampleShape, Facts, Loss, SquaredError};
use autoencoder_eval::{decode, encode, evaluate, reconstruct};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

#[derive(Module, Debug)]
struct Halver {
    #[module(skip)]
    shape: ExampleShape,
}

impl Autoencoder for Halver {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        self.shape.features()
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        Code::new(x.mul_scalar(0.5))
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        h
    }
}

impl Facts for Halver {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }
}

const MODEL: Halver = Halver { shape: ExampleShape::Flat(2) };

fn rows() -> Rows {
    Rows::new(2, (0..14).map(|i| i as f32 / 14.0).collect())
}

#[test]
fn errors_are_those_computed_by_hand_whatever_the_batch() {
    let x: Vec<f64> = (0..14).map(|i| f64::from(i as f32 / 14.0)).collect();
    let squared = x.iter().map(|x| (x / 2.0).powi(2)).sum::<f64>() / 7.0;
    let entropy = |x: f64, z: f64| (1.0 + z.exp()).ln() - z * x;
    let bernoulli = x.iter().map(|&x| entropy(x, x / 2.0)).sum::<f64>() / 7.0;
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let squared_of_sigmoid = x.iter().map(|x| (sigmoid(x / 2.0) - x).powi(2)).sum::<f64>() / 7.0;
    for batch in [1, 3, 7, 100] {
        let of = |loss| evaluate(&MODEL, &loss, &rows(), batch, &Device::flex()).expect("evaluated");
        let plain = of(Loss::SquaredError(SquaredError::default()));
        assert_eq!(plain.examples, 7);
        assert!(
            (plain.loss - squared).abs() < 1e-6 && (plain.squared_error_per_example - squared).abs() < 1e-6
        );
        let bits = of(Loss::Bernoulli(Bernoulli {}));
        assert!((bits.loss - bernoulli).abs() < 1e-6, "{} {bernoulli}", bits.loss);
        assert!((bits.squared_error_per_example - squared_of_sigmoid).abs() < 1e-6);
    }
}

#[test]
fn reconstruction_is_decoding_after_encoding() {
    let loss = Loss::Bernoulli(Bernoulli {});
    let device = Device::flex();
    let codes = encode(&MODEL, &rows(), 3, &device).expect("encoded");
    assert_eq!(codes[5], 5.0 / 28.0);
    let decoded = decode(&MODEL, &loss, &Rows::new(2, codes), 3, &device).expect("decoded");
    assert_eq!(decoded, reconstruct(&MODEL, &loss, &rows(), 3, &device).expect("reconstructed"));
}

#[test]
fn examples_and_codes_of_another_width_are_refused() {
    let (loss, device) = (Loss::Bernoulli(Bernoulli {}), Device::flex());
    let wide = Rows::new(3, vec![0.0; 6]);
    assert!(matches!(encode(&MODEL, &wide, 3, &device), Err(DataError::WrongShape { .. })));
    assert!(matches!(decode(&MODEL, &loss, &wide, 3, &device), Err(DataError::WrongShape { .. })));
    assert!(matches!(evaluate(&MODEL, &loss, &wide, 3, &device), Err(DataError::WrongShape { .. })));
}
