//! A model's chain of steps computes what the model does: evaluated here by plain loops in f64. That ONNX and PyTorch
//! compute the same is what `cargo xtask interop` looks at.

use autoencoder_core::{Autoencoder, ExampleShape, Seed};
use autoencoder_models::export::{Chain, ConstantArray, Step, onnx, torch};
use autoencoder_models::{Activation, Model, ModelConfig};
use burn::tensor::{Device, Tensor, TensorData};

/// The values of one example, and `[channels, height, width]` while it is an image.
type Example = (Vec<f64>, [usize; 3]);

fn taken(step: &Step, (x, size): Example) -> Example {
    let [channels, height, width] = size;
    let at = |c: usize, y: usize, z: usize| x[(c * height + y) * width + z];
    match step {
        Step::Linear { weight, bias } => {
            let outputs = bias.values.len();
            let sum = |k: usize| {
                (0..x.len()).map(|j| x[j] * f64::from(weight.values[j * outputs + k])).sum::<f64>()
            };
            ((0..outputs).map(|k| sum(k) + f64::from(bias.values[k])).collect(), size)
        }
        Step::Sum { one, other } => {
            let through = |steps: &[Step]| steps.iter().fold((x.clone(), size), |at, each| taken(each, at)).0;
            let both = through(one).into_iter().zip(through(other));
            (both.map(|(a, b)| a + b).collect(), size)
        }
        Step::Activation(Activation::Tanh) => (x.iter().map(|a| a.tanh()).collect(), size),
        Step::Activation(Activation::Sigmoid) => (x.iter().map(|a| 1.0 / (1.0 + (-a).exp())).collect(), size),
        Step::Image(size) => (x, *size),
        Step::Flatten => (x, [0; 3]),
        Step::Convolution { weight, bias, stride, padding } => {
            let [outputs, kernel] = [weight.shape[0], weight.shape[2]];
            let extent = |size: usize| (size + 2 * padding - kernel) / stride + 1;
            let to = [outputs, extent(height), extent(width)];
            let value = |[o, y, z]: [usize; 3]| {
                let mut sum = f64::from(bias.values[o]);
                for (i, place) in places([channels, kernel, kernel]) {
                    let [c, v, u] = place;
                    let (row, column) =
                        ((y * stride + v).wrapping_sub(*padding), (z * stride + u).wrapping_sub(*padding));
                    if row < height && column < width {
                        sum +=
                            at(c, row, column) * f64::from(weight.values[o * channels * kernel * kernel + i]);
                    }
                }
                sum
            };
            (places(to).map(|(_, place)| value(place)).collect(), to)
        }
        Step::TransposedConvolution { weight, bias, stride, padding, added } => {
            let [outputs, kernel] = [weight.shape[1], weight.shape[2]];
            let extent = |size: usize, added: usize| (size - 1) * stride + kernel + added - 2 * padding;
            let to = [outputs, extent(height, added[0]), extent(width, added[1])];
            let mut y: Vec<f64> = places(to).map(|(_, [o, ..])| f64::from(bias.values[o])).collect();
            // Each pixel is scattered where the kernel would have read it.
            for (_, [c, row, column]) in places(size) {
                for (i, [o, v, u]) in places([outputs, kernel, kernel]) {
                    let (p, q) = (
                        (row * stride + v).wrapping_sub(*padding),
                        (column * stride + u).wrapping_sub(*padding),
                    );
                    if p < to[1] && q < to[2] {
                        let w = f64::from(weight.values[c * outputs * kernel * kernel + i]);
                        y[(o * to[1] + p) * to[2] + q] += at(c, row, column) * w;
                    }
                }
            }
            (y, to)
        }
        Step::MaxPool(window) | Step::AveragePool(window) => {
            let to = [channels, height / window, width / window];
            let values = |[c, y, z]: [usize; 3]| {
                let inside = places([1, *window, *window]);
                inside.map(|(_, [_, v, u])| at(c, y * window + v, z * window + u)).collect::<Vec<f64>>()
            };
            let pooled = |values: Vec<f64>| match step {
                Step::MaxPool(_) => values.into_iter().fold(f64::NEG_INFINITY, f64::max),
                _ => values.iter().sum::<f64>() / values.len() as f64,
            };
            (places(to).map(|(_, place)| pooled(values(place))).collect(), to)
        }
        Step::Enlarge { from, to } => {
            assert_eq!(*from, [height, width]);
            let to = [channels, to[0], to[1]];
            (places(to).map(|(_, [c, y, z])| at(c, y * height / to[1], z * width / to[2])).collect(), to)
        }
        other => panic!("no model has {other:?} in its chains"),
    }
}

/// All places of an array, row by row, with their numbers.
fn places([a, b, c]: [usize; 3]) -> impl Iterator<Item = (usize, [usize; 3])> {
    (0..a * b * c).map(move |i| (i, [i / (b * c), i / c % b, i % c]))
}

fn model(config: serde_json::Value, shape: ExampleShape) -> Model {
    let config: ModelConfig = serde_json::from_value(config).expect("a configuration");
    config.init(shape, Seed::new(5), &Device::flex()).expect("a model")
}

fn models() -> Vec<Model> {
    let image = ExampleShape::Image { channels: 2, height: 9, width: 7 };
    let conv = |down: &str, up: &str| {
        serde_json::json!({ "kind": "conv", "channels": [3, 4], "hidden": [6], "code": 3, "activation": "tanh",
            "downsampling": down, "upsampling": up })
    };
    let (tanh, sigmoid) = ("tanh", "sigmoid");
    vec![
        model(
            serde_json::json!({ "kind": "dense", "hidden": [5, 4], "code": 3, "activation": tanh, "code_activation": sigmoid }),
            ExampleShape::Flat(7),
        ),
        model(
            serde_json::json!({ "kind": "dense", "hidden": [5], "code": 3, "activation": tanh, "tied": true }),
            ExampleShape::Flat(7),
        ),
        model(
            serde_json::json!({ "kind": "dense", "hidden": [5, 4], "code": 3, "activation": tanh, "linear": true }),
            ExampleShape::Flat(7),
        ),
        model(conv("stride", "transposed"), image),
        model(
            serde_json::json!({ "kind": "conv", "channels": [3], "code": 3, "activation": tanh, "linear": true }),
            image,
        ),
        model(conv("max-pool", "nearest"), image),
        model(conv("average-pool", "nearest"), image),
        model(
            serde_json::json!({ "kind": "variational", "hidden": [5], "code": 3, "activation": tanh }),
            ExampleShape::Flat(7),
        ),
        model(
            serde_json::json!({ "kind": "variational", "channels": [3], "hidden": [5], "code": 3, "activation": tanh }),
            image,
        ),
    ]
}

fn assert_close(steps: &[Step], x: Vec<f64>, expected: Tensor<2>, what: &str) {
    let (found, _) = steps.iter().fold((x, [0; 3]), |example, each| taken(each, example));
    let expected: Vec<f64> = expected.into_data().iter().collect();
    assert_eq!(found.len(), expected.len(), "{what}");
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{what}: {found} {expected}");
    }
}

#[test]
fn the_steps_of_every_model_compute_what_it_does() {
    for model in models() {
        let features = model.shape().features();
        let x: Vec<f64> = (0..features).map(|j| (j as f64 * 0.7).sin()).collect();
        let row = |x: &[f64]| {
            let values: Vec<f32> = x.iter().map(|&value| value as f32).collect();
            Tensor::<2>::from_data(TensorData::new(values, [1, x.len()]), &Device::flex())
        };
        let h = model.encode(row(&x)).h;
        assert_close(&model.encoder_steps(), x, h, "encoder");
        let h = [0.3, -0.8, 0.5];
        assert_close(&model.decoder_steps(), h.to_vec(), model.decode(row(&h)), "decoder");
    }
}

#[test]
fn weights_for_pytorch_have_the_names_of_modules_and_outputs_first() {
    let weight = ConstantArray { values: vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], shape: vec![2, 3] };
    let steps =
        [Step::Activation(Activation::Gelu), Step::Linear { weight, bias: vec![7.0, 8.0, 9.0].into() }];
    let parts = [("encoder", &steps[..])];
    let bytes = torch::weights(&parts).expect("bytes");
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let tensor = file.tensor("encoder.1.weight").expect("the weight");
    assert_eq!(tensor.shape(), [3, 2]);
    let values: Vec<f32> =
        tensor.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    assert_eq!(values, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let script = torch::script(&parts, "model.safetensors");
    assert!(script.contains("nn.GELU(),\n    nn.Linear(2, 3),\n"), "{script}");
    assert!(script.contains("\"model.safetensors\""), "{script}");
}

#[test]
fn chains_side_by_side_are_one_module_with_parameters_of_both() {
    let linear = || {
        let weight = ConstantArray { values: vec![1.0, 2.0], shape: vec![2, 1] };
        Step::Linear { weight, bias: vec![3.0].into() }
    };
    let steps =
        [Step::Sum { one: vec![Step::Activation(Activation::Tanh), linear()], other: vec![linear()] }];
    let parts = [("encoder", &steps[..])];
    let bytes = torch::weights(&parts).expect("bytes");
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let mut names = file.names();
    names.sort_unstable();
    let expected = [
        "encoder.0.one.1.bias",
        "encoder.0.one.1.weight",
        "encoder.0.other.0.bias",
        "encoder.0.other.0.weight",
    ];
    assert_eq!(names, expected);
    let script = torch::script(&parts, "model.safetensors");
    assert!(
        script.contains("Sum(nn.Sequential(nn.Tanh(), nn.Linear(2, 1)), nn.Sequential(nn.Linear(2, 1)))"),
        "{script}"
    );
    assert!(onnx::model(&steps, ("x", 2), ("code", 1)).windows(3).any(|window| window == b"Add"));
}

#[test]
fn an_onnx_model_is_the_same_bytes_for_the_same_steps_and_names_its_ends() {
    let steps = models()[3].encoder_steps();
    let bytes = onnx::model(&steps, ("x", 126), ("code", 3));
    assert_eq!(bytes, onnx::model(&steps, ("x", 126), ("code", 3)));
    for word in ["Reshape", "Conv", "Tanh", "Flatten", "Gemm", "code", "rows"] {
        assert!(bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
}
