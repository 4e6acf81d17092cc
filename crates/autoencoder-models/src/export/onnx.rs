//! A chain of steps as an ONNX model: opset 17, one graph, any number of rows.

use std::f32::consts::FRAC_1_SQRT_2;

use prost::Message as _;

use super::proto::{
    Attribute, Constant, Dimension, Extent, F32, FLOAT, Graph, I64, INT, INTS, Model, Node, OperatorSet,
    Shape, TensorType, Type, Value,
};
use super::{ConstantArray, Step};
use crate::blocks::activation::Activation;

/// The versions of the format and of its operators.
const IR_VERSION: i64 = 8;
const OPSET: i64 = 17;

/// One end of a chain: its name, and its number of features.
pub type End<'a> = (&'a str, usize);

/// The bytes of an ONNX model that maps `[rows, features]` of `input` to those of `output`.
pub fn model(steps: &[Step], input: End<'_>, output: End<'_>) -> Vec<u8> {
    let mut writer = Writer { at: input.0.to_owned(), ..Writer::default() };
    steps.iter().for_each(|step| writer.step(step));
    let last = [writer.at.clone()];
    writer.node_named("Identity", &last, output.0.to_owned(), Vec::new());
    let graph = Graph {
        node: writer.nodes,
        name: "autoencoder".to_owned(),
        initializer: writer.constants,
        input: vec![value(input)],
        output: vec![value(output)],
    };
    let model = Model {
        ir_version: IR_VERSION,
        producer_name: "autoencoder".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(graph),
        opset_import: vec![OperatorSet { domain: String::new(), version: OPSET }],
    };
    model.encode_to_vec()
}

fn value((name, features): End<'_>) -> Value {
    let dim = [Extent::Named("rows".to_owned()), Extent::Fixed(features as i64)]
        .map(|extent| Dimension { extent: Some(extent) });
    let tensor = TensorType { element: F32, shape: Some(Shape { dim: dim.to_vec() }) };
    Value { name: name.to_owned(), kind: Some(Type { tensor: Some(tensor) }) }
}

/// A graph on its way, and the name of the value that the next step takes.
#[derive(Default)]
struct Writer {
    at: String,
    nodes: Vec<Node>,
    constants: Vec<Constant>,
}

impl Writer {
    fn step(&mut self, step: &Step) {
        match step {
            Step::Fill(fill) => {
                let x = self.at.clone();
                self.then("IsNaN", Vec::new());
                let bytes = fill.values.iter().copied().flat_map(f32::to_le_bytes).collect();
                let inputs = [self.at.clone(), self.constant(F32, &fill.shape, bytes), x];
                self.node("Where", &inputs, Vec::new());
            }
            Step::Scale { offset, scale, clip } => {
                self.with("Sub", &[offset]);
                self.with("Mul", &[scale]);
                if *clip {
                    self.with("Clip", &[&scalar(0.0), &scalar(1.0)]);
                }
            }
            Step::Unscale { offset, scale } => {
                self.with("Div", &[scale]);
                self.with("Add", &[offset]);
            }
            Step::Linear { weight, bias } => self.with("Gemm", &[weight, bias]),
            Step::Sum { one, other } => {
                let input = self.at.clone();
                one.iter().for_each(|step| self.step(step));
                let one = std::mem::replace(&mut self.at, input);
                other.iter().for_each(|step| self.step(step));
                let inputs = [one, self.at.clone()];
                self.node("Add", &inputs, Vec::new());
            }
            Step::Activation(activation) => self.activation(*activation),
            Step::Softmax => self.then("Softmax", vec![int("axis", 1)]),
            Step::Image([channels, height, width]) => {
                self.reshape(&[-1, *channels as i64, *height as i64, *width as i64])
            }
            Step::Flatten => self.then("Flatten", vec![int("axis", 1)]),
            Step::Convolution { weight, bias, stride, padding } => {
                self.with_attributes("Conv", &[weight, bias], window(weight.shape[2], *stride, *padding));
            }
            Step::TransposedConvolution { weight, bias, stride, padding, added } => {
                let mut attributes = window(weight.shape[2], *stride, *padding);
                attributes.push(ints("output_padding", &added.map(|count| count as i64)));
                self.with_attributes("ConvTranspose", &[weight, bias], attributes);
            }
            Step::MaxPool(size) => self.then("MaxPool", window(*size, *size, 0)),
            Step::AveragePool(size) => self.then("AveragePool", window(*size, *size, 0)),
            Step::Enlarge { from, to } => {
                // Rows and columns by number: what rounding does to a scale is no matter then.
                for (axis, (from, to)) in from.iter().zip(to).enumerate() {
                    let nearest: Vec<i64> = (0..*to).map(|place| (place * from / to) as i64).collect();
                    let index = self.integers(&nearest);
                    let inputs = [self.at.clone(), index];
                    self.node("Gather", &inputs, vec![int("axis", axis as i64 + 2)]);
                }
            }
        }
    }

    fn activation(&mut self, activation: Activation) {
        match activation {
            Activation::Identity => {}
            Activation::Relu => self.then("Relu", Vec::new()),
            Activation::LeakyRelu => self.then("LeakyRelu", vec![float("alpha", 0.01)]),
            // a Φ(a) by the error function; ONNX has it as one operator since opset 20 only.
            Activation::Gelu => {
                let a = self.at.clone();
                self.with("Mul", &[&scalar(FRAC_1_SQRT_2)]);
                self.then("Erf", Vec::new());
                self.with("Add", &[&scalar(1.0)]);
                self.with("Mul", &[&scalar(0.5)]);
                let inputs = [a, self.at.clone()];
                self.node("Mul", &inputs, Vec::new());
            }
            Activation::Silu => {
                let a = self.at.clone();
                self.then("Sigmoid", Vec::new());
                let inputs = [a, self.at.clone()];
                self.node("Mul", &inputs, Vec::new());
            }
            Activation::Tanh => self.then("Tanh", Vec::new()),
            Activation::Sigmoid => self.then("Sigmoid", Vec::new()),
            Activation::Softplus => self.then("Softplus", Vec::new()),
        }
    }

    fn reshape(&mut self, shape: &[i64]) {
        let shape = self.integers(shape);
        let inputs = [self.at.clone(), shape];
        self.node("Reshape", &inputs, Vec::new());
    }

    /// An operator of the value at hand.
    fn then(&mut self, operator: &str, attributes: Vec<Attribute>) {
        self.with_attributes(operator, &[], attributes);
    }

    /// An operator of the value at hand and constants.
    fn with(&mut self, operator: &str, constants: &[&ConstantArray]) {
        self.with_attributes(operator, constants, Vec::new());
    }

    fn with_attributes(&mut self, operator: &str, constants: &[&ConstantArray], attributes: Vec<Attribute>) {
        let mut inputs = vec![self.at.clone()];
        for ConstantArray { values, shape } in constants {
            let bytes = values.iter().copied().flat_map(f32::to_le_bytes).collect();
            inputs.push(self.constant(F32, shape, bytes));
        }
        self.node(operator, &inputs, attributes);
    }

    fn integers(&mut self, values: &[i64]) -> String {
        let bytes = values.iter().copied().flat_map(i64::to_le_bytes).collect();
        self.constant(I64, &[values.len()], bytes)
    }

    fn constant(&mut self, data_type: i32, shape: &[usize], raw_data: Vec<u8>) -> String {
        let name = format!("constant_{}", self.constants.len());
        let dims = shape.iter().map(|&extent| extent as i64).collect();
        self.constants.push(Constant { dims, data_type, name: name.clone(), raw_data });
        name
    }

    fn node(&mut self, operator: &str, inputs: &[String], attributes: Vec<Attribute>) {
        let output = format!("value_{}", self.nodes.len());
        self.node_named(operator, inputs, output, attributes);
    }

    fn node_named(&mut self, operator: &str, inputs: &[String], output: String, attribute: Vec<Attribute>) {
        self.at.clone_from(&output);
        self.nodes.push(Node {
            input: inputs.to_vec(),
            output: vec![output],
            name: format!("step_{}", self.nodes.len()),
            op_type: operator.to_owned(),
            attribute,
        });
    }
}

fn scalar(value: f32) -> ConstantArray {
    ConstantArray { values: vec![value], shape: Vec::new() }
}

fn window(size: usize, stride: usize, padding: usize) -> Vec<Attribute> {
    let twice = |name, value: usize| ints(name, &[value as i64; 2]);
    vec![twice("kernel_shape", size), twice("strides", stride), ints("pads", &[padding as i64; 4])]
}

fn int(name: &str, i: i64) -> Attribute {
    Attribute { name: name.to_owned(), i, kind: INT, ..Attribute::default() }
}

fn float(name: &str, f: f32) -> Attribute {
    Attribute { name: name.to_owned(), f, kind: FLOAT, ..Attribute::default() }
}

fn ints(name: &str, values: &[i64]) -> Attribute {
    Attribute { name: name.to_owned(), ints: values.to_vec(), kind: INTS, ..Attribute::default() }
}
