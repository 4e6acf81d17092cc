//! The evaluation of a model simple enough to compute by hand: its code is half of its input.

use std::sync::LazyLock;

use autoencoder_core::testing::Rows;
use autoencoder_core::{Autoencoder, Bernoulli, Code, DataError, ExampleShape, Facts, Loss, SquaredError};
use autoencoder_eval::On;
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

static FLEX: LazyLock<Device> = LazyLock::new(Device::flex);

fn on(loss: &Loss, batch_size: usize) -> On<'_, Halver> {
    On { model: &MODEL, loss, batch_size, device: &FLEX }
}

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
        let of = |loss| on(&loss, batch).evaluate(&rows()).expect("evaluated");
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
    let on = on(&loss, 3);
    let codes = on.encode(&rows()).expect("encoded");
    assert_eq!(codes[5], 5.0 / 28.0);
    let decoded = on.decode(&Rows::new(2, codes)).expect("decoded");
    assert_eq!(decoded, on.reconstruct(&rows()).expect("reconstructed"));
}

#[test]
fn examples_and_codes_of_another_width_are_refused() {
    let loss = Loss::Bernoulli(Bernoulli {});
    let on = on(&loss, 3);
    let wide = Rows::new(3, vec![0.0; 6]);
    assert!(matches!(on.encode(&wide), Err(DataError::WrongShape { .. })));
    assert!(matches!(on.decode(&wide), Err(DataError::WrongShape { .. })));
    assert!(matches!(on.evaluate(&wide), Err(DataError::WrongShape { .. })));
}
