//! Chains of steps for PyTorch: the text that builds each as a `torch.nn.Sequential`, and safetensors under the
//! names that it loads.

use safetensors::serialize;
use safetensors::tensor::{Dtype, TensorView};

use super::{ConstantArray, Step};
use crate::ModelError;
use crate::blocks::activation::Activation;

/// A chain and the name of the Python variable that holds it.
pub type Part<'a> = (&'a str, &'a [Step]);

/// The parameters of all parts as safetensors: `encoder.0.weight` is the parameter `weight` of module 0 of
/// `encoder`. Linear weights are `[outputs, inputs]`, as PyTorch has them.
///
/// # Errors
/// [`ModelError::Unwritable`].
pub fn weights(parts: &[Part<'_>]) -> Result<Vec<u8>, ModelError> {
    let tensors: Vec<(String, ConstantArray)> =
        parts.iter().flat_map(|(name, steps)| of_chain(name, steps)).collect();
    let bytes: Vec<Vec<u8>> = tensors
        .iter()
        .map(|(_, numbers)| numbers.values.iter().copied().flat_map(f32::to_le_bytes).collect())
        .collect();
    let unwritable =
        |error: safetensors::SafeTensorError| ModelError::Unwritable { message: error.to_string() };
    let views: Result<Vec<_>, ModelError> = tensors
        .iter()
        .zip(&bytes)
        .map(|((name, numbers), bytes)| {
            Ok((name, TensorView::new(Dtype::F32, numbers.shape.clone(), bytes).map_err(unwritable)?))
        })
        .collect();
    serialize(views?, None).map_err(unwritable)
}

/// A Python program that builds the parts and loads `file`, which lies beside it.
pub fn script(parts: &[Part<'_>], file: &str) -> String {
    let mut text = format!("{FIRST_LINE}{HEAD}");
    for (name, steps) in parts {
        text.push_str(&format!("{name} = nn.Sequential(\n"));
        steps.iter().for_each(|step| text.push_str(&format!("    {},\n", module(step))));
        text.push_str(")\n");
    }
    let names: Vec<&str> = parts.iter().map(|part| part.0).collect();
    let pairs: Vec<String> = names.iter().map(|name| format!("\"{name}\": {name}")).collect();
    text.push_str(&format!(
        "\nmodel = nn.Sequential(OrderedDict({{{}}}))\nmodel.load_state_dict(load_file(Path(__file__).with_name({})))\nmodel.eval()\n",
        pairs.join(", "),
        python_string(file)
    ));
    text
}

/// What every program of this module begins with.
pub const FIRST_LINE: &str =
    "\"\"\"The model as PyTorch modules: `model(x)` reconstructs rows in their own units.\"\"\"\n";

/// The text as a Python literal of ASCII characters.
fn python_string(text: &str) -> String {
    let escaped = text.chars().map(|character| match character {
        '"' | '\\' => format!("\\{character}"),
        ' '..='~' => character.to_string(),
        other => format!("\\U{:08x}", u32::from(other)),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

const HEAD: &str = r#"
from collections import OrderedDict
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import nn


class Fill(nn.Module):
    """What is missing (NaN) becomes the number of its column."""

    def __init__(self, features):
        super().__init__()
        self.register_buffer("fill", torch.zeros(features))

    def forward(self, x):
        return torch.where(torch.isnan(x), self.fill, x)


class Scale(nn.Module):
    """(x - offset) * scale, clipped to [0, 1] or not."""

    def __init__(self, features, clip):
        super().__init__()
        self.register_buffer("offset", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.clip = clip

    def forward(self, x):
        x = (x - self.offset) * self.scale
        return x.clamp(0, 1) if self.clip else x


class Unscale(nn.Module):
    """x / scale + offset."""

    def __init__(self, features):
        super().__init__()
        self.register_buffer("offset", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))

    def forward(self, x):
        return x / self.scale + self.offset


class Sum(nn.Module):
    """one(x) + other(x)."""

    def __init__(self, one, other):
        super().__init__()
        self.one = one
        self.other = other

    def forward(self, x):
        return self.one(x) + self.other(x)


"#;

fn module(step: &Step) -> String {
    match step {
        Step::Fill(fill) => format!("Fill({})", fill.values.len()),
        Step::Scale { offset, clip, .. } => {
            format!("Scale({}, clip={})", offset.values.len(), if *clip { "True" } else { "False" })
        }
        Step::Unscale { offset, .. } => format!("Unscale({})", offset.values.len()),
        Step::Linear { weight, .. } => format!("nn.Linear({}, {})", weight.shape[0], weight.shape[1]),
        Step::Sum { one, other } => {
            let chain = |steps: &[Step]| steps.iter().map(module).collect::<Vec<_>>().join(", ");
            format!("Sum(nn.Sequential({}), nn.Sequential({}))", chain(one), chain(other))
        }
        Step::Activation(activation) => match activation {
            Activation::Identity => "nn.Identity()",
            Activation::Relu => "nn.ReLU()",
            Activation::LeakyRelu => "nn.LeakyReLU(0.01)",
            Activation::Gelu => "nn.GELU()",
            Activation::Silu => "nn.SiLU()",
            Activation::Tanh => "nn.Tanh()",
            Activation::Sigmoid => "nn.Sigmoid()",
            Activation::Softplus => "nn.Softplus()",
        }
        .to_owned(),
        Step::Softmax => "nn.Softmax(dim=1)".to_owned(),
        Step::Image([channels, height, width]) => format!("nn.Unflatten(1, ({channels}, {height}, {width}))"),
        Step::Flatten => "nn.Flatten()".to_owned(),
        Step::Convolution { weight, stride, padding, .. } => {
            let [outputs, inputs, kernel] = [weight.shape[0], weight.shape[1], weight.shape[2]];
            format!("nn.Conv2d({inputs}, {outputs}, {kernel}, stride={stride}, padding={padding})")
        }
        Step::TransposedConvolution { weight, stride, padding, added: [rows, columns], .. } => {
            let [inputs, outputs, kernel] = [weight.shape[0], weight.shape[1], weight.shape[2]];
            format!(
                "nn.ConvTranspose2d({inputs}, {outputs}, {kernel}, stride={stride}, padding={padding}, output_padding=({rows}, {columns}))"
            )
        }
        Step::MaxPool(size) => format!("nn.MaxPool2d({size})"),
        Step::AveragePool(size) => format!("nn.AvgPool2d({size})"),
        Step::Enlarge { to: [height, width], .. } => format!("nn.Upsample(size=({height}, {width}))"),
    }
}

fn parameters(step: &Step) -> Vec<(String, ConstantArray)> {
    let own = match step {
        Step::Fill(fill) => vec![("fill", fill.clone())],
        Step::Scale { offset, scale, .. } | Step::Unscale { offset, scale } => {
            vec![("offset", offset.clone()), ("scale", scale.clone())]
        }
        Step::Linear { weight, bias } => vec![("weight", transposed(weight)), ("bias", bias.clone())],
        Step::Convolution { weight, bias, .. } | Step::TransposedConvolution { weight, bias, .. } => {
            vec![("weight", weight.clone()), ("bias", bias.clone())]
        }
        Step::Sum { one, other } => return [of_chain("one", one), of_chain("other", other)].concat(),
        _ => Vec::new(),
    };
    own.into_iter().map(|(name, numbers)| (name.to_owned(), numbers)).collect()
}

/// The parameters of a chain within a step, under its name.
fn of_chain(name: &str, steps: &[Step]) -> Vec<(String, ConstantArray)> {
    let of_step = |(index, step)| {
        let named = |(parameter, numbers)| (format!("{name}.{index}.{parameter}"), numbers);
        parameters(step).into_iter().map(named).collect::<Vec<_>>()
    };
    steps.iter().enumerate().flat_map(of_step).collect()
}

fn transposed(weight: &ConstantArray) -> ConstantArray {
    let [rows, columns] = [weight.shape[0], weight.shape[1]];
    let places = (0..columns).flat_map(|column| (0..rows).map(move |row| row * columns + column));
    ConstantArray { values: places.map(|place| weight.values[place]).collect(), shape: vec![columns, rows] }
}
