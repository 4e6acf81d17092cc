//! Gradients of models whose numbers have half the bits, beside those in f32.

use autoencoder::core::{ExampleShape, Loss, Moment, Seed, device};
use autoencoder::models::{KINDS, Model, ModelConfig};
use autoencoder::train::{ObjectiveSpec, Precision, objective};
use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{DType, Tensor, TensorData};

const SHAPE: ExampleShape = ExampleShape::Image { channels: 1, height: 12, width: 12 };
const BATCH: usize = 16;

/// The gradients of a model, one after the other.
struct Gradients {
    of: GradientsParams,
    values: Vec<f64>,
}

impl ModuleVisitor for Gradients {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let gradient = self.of.get::<D>(parameter.id).expect("every weight has a gradient");
        assert_eq!(gradient.dtype(), DType::F32, "gradients are for weights in f32");
        self.values.extend(gradient.into_data().iter::<f32>().map(f64::from));
    }
}

/// The value of the objective and its gradients.
fn computed(model: &Model, precision: Precision) -> (f32, Vec<f64>) {
    let device = device::by_name("flex").expect("always there").autodiff();
    let values: Vec<f32> = (0..BATCH * 144).map(|i| (i as f32 * 0.37 + 0.3).sin().abs()).collect();
    let x = Tensor::<2>::from_data(TensorData::new(values, [BATCH, 144]), &device);
    let loss: Loss = serde_json::from_value(serde_json::json!({ "kind": "bernoulli" })).expect("a loss");
    let spec = ObjectiveSpec { precision, ..ObjectiveSpec::plain(loss) };
    let value = objective(model, x, None, &spec, Moment::after_training(Seed::new(2))).total;
    let of = GradientsParams::from_grads(value.backward(), model);
    let mut gradients = Gradients { of, values: Vec::new() };
    model.visit(&mut gradients);
    (value.into_scalar::<f32>(), gradients.values)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn fewer_bits_round_the_gradients_of_every_model_and_no_more() {
    let device = device::by_name("flex").expect("always there").autodiff();
    for kind in KINDS {
        let config: ModelConfig =
            serde_json::from_value(serde_json::json!({ "kind": kind.name })).expect("a model");
        let model = config.init(SHAPE, Seed::new(1), &device).expect("it fits");
        let (value, exact) = computed(&model, Precision::F32);
        for (precision, bits) in [(Precision::Bf16, 8), (Precision::F16, 11)] {
            let unit = 0.5_f64.powi(bits);
            let (rounded_value, rounded) = computed(&model, precision);
            let apart = f64::from((rounded_value / value - 1.0).abs());
            assert!(apart < 4.0 * unit, "{} in {precision:?}: {value} {rounded_value}", kind.name);
            let difference: Vec<f64> = exact.iter().zip(&rounded).map(|(a, b)| a - b).collect();
            let relative = (dot(&difference, &difference) / dot(&exact, &exact)).sqrt();
            assert!(
                (unit / 8.0..16.0 * unit).contains(&relative),
                "{} in {precision:?}: {relative:e} of the gradient",
                kind.name
            );
        }
    }
}
