//! The widths and image sizes of an encoder and its mirror image, and whether they come out even.

use autoencoder_core::{ExampleShape, Kind};
use serde::{Deserialize, Serialize};

use super::activation::Activation;
use super::convolution::padding;
use super::initialisation::Initialisation;
use crate::ModelError;

/// How each stage of a convolutional encoder makes the image smaller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Downsampling {
    /// The convolution steps over the image.
    #[default]
    Stride,
    /// The greatest of each window.
    MaxPool,
    /// The mean of each window.
    AveragePool,
}

/// How each stage of a convolutional decoder makes the image larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Upsampling {
    /// A transposed convolution.
    #[default]
    Transposed,
    /// Pixels are repeated, then convolved: no checkerboards (Odena et al. 2016).
    Nearest,
}

impl Downsampling {
    /// What a configuration may name.
    pub const KINDS: &[Kind] = &[
        Kind { name: "stride", summary: "the convolution steps over the image" },
        Kind { name: "max-pool", summary: "the greatest of each window" },
        Kind { name: "average-pool", summary: "the mean of each window" },
    ];
}

impl Upsampling {
    /// What a configuration may name.
    pub const KINDS: &[Kind] = &[
        Kind { name: "transposed", summary: "a transposed convolution" },
        Kind { name: "nearest", summary: "pixels repeated, then convolved" },
    ];
}

/// An encoder of convolutional stages and then dense layers, either of them maybe none; the decoder is
/// its mirror image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) channels: Vec<usize>,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) downsampling: Downsampling,
    pub(crate) upsampling: Upsampling,
    pub(crate) hidden: Vec<usize>,
    pub(crate) code: usize,
    pub(crate) activation: Activation,
    pub(crate) initialisation: Initialisation,
}

/// Channels, rows and columns.
pub(crate) type ImageSize = [usize; 3];

impl Layout {
    /// Checks what can be checked without the data.
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        let widths = [("model.channels", &self.channels), ("model.hidden", &self.hidden)];
        for (key, widths) in widths {
            if let Some(index) = widths.iter().position(|&width| width == 0) {
                return Err(ModelError::ZeroWidth { key: format!("{key}[{index}]") });
            }
        }
        for (key, size) in
            [("model.code", self.code), ("model.kernel", self.kernel), ("model.stride", self.stride)]
        {
            if size == 0 {
                return Err(ModelError::ZeroWidth { key: key.to_owned() });
            }
        }
        let keeps_size =
            self.downsampling == Downsampling::Stride && self.upsampling == Upsampling::Transposed;
        if self.kernel.is_multiple_of(2) && !keeps_size && !self.channels.is_empty() {
            return Err(ModelError::EvenKernel { kernel: self.kernel });
        }
        Ok(())
    }

    /// The image before the first stage and after each; empty without stages. The decoder must be able to
    /// undo each.
    pub(crate) fn sizes(&self, shape: ExampleShape) -> Result<Vec<ImageSize>, ModelError> {
        if self.channels.is_empty() {
            return Ok(Vec::new());
        }
        let ExampleShape::Image { channels, height, width } = shape else {
            return Err(ModelError::NotAnImage { shape });
        };
        let mut sizes = vec![[channels, height, width]];
        for (stage, &channels) in self.channels.iter().enumerate() {
            let [_, height, width] = sizes[stage];
            let size = [channels, self.smaller(stage, height)?, self.smaller(stage, width)?];
            self.added(stage, size[1], height)?;
            self.added(stage, size[2], width)?;
            sizes.push(size);
        }
        Ok(sizes)
    }

    /// About what a model costs that mirrors this layout.
    pub(crate) fn cost(&self, shape: ExampleShape) -> Result<Cost, ModelError> {
        let sizes = self.sizes(shape)?;
        let mut cost = Cost::default();
        for pair in sizes.windows(2) {
            let kernel = product(&[pair[0][0], pair[1][0], self.kernel, self.kernel]);
            let (inputs, outputs) = (product(&pair[0]), product(&pair[1]));
            // A pooled stage computes its outputs before they are pooled.
            let places = match self.downsampling {
                Downsampling::Stride => product(&pair[1][1..]),
                Downsampling::MaxPool | Downsampling::AveragePool => product(&pair[0][1..]),
            };
            cost = cost.and(Cost {
                weights: kernel,
                multiplications: kernel.saturating_mul(places),
                values: inputs.saturating_add(outputs),
            });
        }
        let flat = sizes.last().map_or(shape.features(), |size| size.iter().product());
        let widths: Vec<usize> =
            [flat].into_iter().chain(self.hidden.iter().copied()).chain([self.code]).collect();
        Ok(cost.and(Cost::of_layers(&widths)).twice())
    }

    /// The extent of the image after a stage.
    fn smaller(&self, stage: usize, extent: usize) -> Result<usize, ModelError> {
        let (k, s, p) = (self.kernel, self.stride, padding(self.kernel));
        let (smaller, arithmetic) = match self.downsampling {
            Downsampling::Stride => (
                (extent + 2 * p).checked_sub(k).map_or(0, |rest| rest / s + 1),
                format!("({extent} + 2*{p} - {k}) / {s} + 1"),
            ),
            _ => (extent / s, format!("{extent} / {s}")),
        };
        match smaller {
            0 => Err(ModelError::TooSmall { stage, arithmetic }),
            _ => Ok(smaller),
        }
    }

    /// The rows or columns that the decoder adds to make `extent` out of `smaller` again.
    pub(crate) fn added(&self, stage: usize, smaller: usize, extent: usize) -> Result<usize, ModelError> {
        if self.upsampling == Upsampling::Nearest {
            return Ok(0);
        }
        let (k, s, p) = (self.kernel, self.stride, padding(self.kernel));
        let least = ((smaller - 1) * s + k).saturating_sub(2 * p);
        match extent.checked_sub(least) {
            Some(added) if added < s => Ok(added),
            _ => Err(ModelError::CannotEnlarge {
                stage,
                extent,
                arithmetic: format!("({smaller} - 1)*{s} + {k} - 2*{p} = {least} to {}", least + s - 1),
            }),
        }
    }
}

/// What a model costs, before any is made; as large a number as there is where it cannot be counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// How many weights it has, biases left out.
    pub weights: u64,
    /// Multiplications for one example, there and back.
    pub multiplications: u64,
    /// What layers put out for one example, there and back: what training keeps to find the gradients.
    pub values: u64,
}

impl Cost {
    /// Fully connected layers of these widths, one after the other.
    pub(crate) fn of_layers(widths: &[usize]) -> Self {
        let weights = widths.windows(2).map(product).fold(0, u64::saturating_add);
        let values = widths.iter().fold(0, |sum: u64, &width| sum.saturating_add(width as u64));
        Self { weights, multiplications: weights, values }
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            weights: self.weights.saturating_add(other.weights),
            multiplications: self.multiplications.saturating_add(other.multiplications),
            values: self.values.saturating_add(other.values),
        }
    }

    pub(crate) fn twice(self) -> Self {
        self.and(self)
    }
}

/// A product that stops at the greatest number.
pub(crate) fn product(sizes: &[usize]) -> u64 {
    sizes.iter().fold(1, |product: u64, &size| product.saturating_mul(size as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(channels: &[usize], kernel: usize, stride: usize) -> Layout {
        Layout {
            channels: channels.to_vec(),
            kernel,
            stride,
            downsampling: Downsampling::Stride,
            upsampling: Upsampling::Transposed,
            hidden: Vec::new(),
            code: 4,
            activation: Activation::Relu,
            initialisation: Initialisation::HeNormal,
        }
    }

    fn image(height: usize, width: usize) -> ExampleShape {
        ExampleShape::Image { channels: 1, height, width }
    }

    #[test]
    fn sizes_are_those_of_the_convolution_arithmetic() {
        let sizes = layout(&[16, 32, 64], 3, 2).sizes(image(28, 17)).expect("sizes");
        assert_eq!(sizes, [[1, 28, 17], [16, 14, 9], [32, 7, 5], [64, 4, 3]]);
        let pooled = Layout { downsampling: Downsampling::MaxPool, ..layout(&[8, 8], 3, 2) };
        assert_eq!(pooled.sizes(image(28, 28)).expect("sizes"), [[1, 28, 28], [8, 14, 14], [8, 7, 7]]);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_the_arithmetic() {
        let message = |layout: &Layout, shape| layout.sizes(shape).expect_err("refused").to_string();
        let pooled = Layout { downsampling: Downsampling::AveragePool, ..layout(&[8, 8, 8], 3, 2) };
        assert!(message(&pooled, image(28, 28)).contains("(3 - 1)*2 + 3 - 2*1 = 5 to 6"));
        assert!(Layout { upsampling: Upsampling::Nearest, ..pooled.clone() }.sizes(image(28, 28)).is_ok());
        assert!(message(&pooled, image(1, 1)).contains("1 / 2"));
        assert!(message(&layout(&[8], 7, 1), ExampleShape::Flat(12)).contains("12 features"));
        assert!(message(&layout(&[8], 8, 2), image(1, 9)).contains("(1 + 2*3 - 8) / 2 + 1"));
    }

    #[test]
    fn zero_and_even_sizes_are_refused_by_their_key() {
        let message = |layout: Layout| layout.check().expect_err("refused").to_string();
        assert!(message(layout(&[4, 0], 3, 2)).contains("model.channels[1]"));
        assert!(message(layout(&[4], 0, 2)).contains("model.kernel"));
        assert!(message(layout(&[4], 3, 0)).contains("model.stride"));
        assert!(layout(&[4], 4, 2).check().is_ok());
        let nearest = Layout { upsampling: Upsampling::Nearest, ..layout(&[4], 4, 2) };
        assert!(message(nearest).contains("model.kernel = 4"));
    }
}
