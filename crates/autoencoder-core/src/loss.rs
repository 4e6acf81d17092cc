//! Reconstruction losses, and the output activation that belongs to each.
//!
//! Every loss is summed over the features of an example and reported per example; training averages
//! it over the batch. Cross-entropies are in nats and computed from logits.

use autoencoder_kernels::Pointwise;
use autoencoder_kernels::activation::apply;
use autoencoder_kernels::losses::Fused;
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

use crate::{DataError, Kind, RangeError, Source, for_each_chunk};

/// The reconstruction loss `L(x, x^)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Loss {
    /// `Σ_j (x^_j - x_j)²`, for continuous values.
    SquaredError(SquaredError),
    /// The negative logarithm of a Gaussian density, for continuous values with a known noise.
    Gaussian(GaussianNoise),
    /// Cross-entropy of independent bits, for values in `[0, 1]`.
    Bernoulli(Bernoulli),
    /// Cross-entropy of a probability vector, for rows that sum to 1.
    Categorical(Categorical),
}

/// `Σ_j (x^_j - x_j)²`, squared error per example, with `x^` the output or its sigmoid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SquaredError {
    /// How the decoder's output becomes a reconstruction.
    pub output: OutputActivation,
}

/// `-ln N(x; x^, sigma²) = Σ_j (x^_j - x_j)² / (2 sigma²) + ln(sigma sqrt(2 pi))` in nats, with `x^` the
/// output or its sigmoid: the squared error as a likelihood, which a variational model weighs against
/// its KL divergence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GaussianNoise {
    /// The standard deviation of each feature about its reconstruction, in scaled units; above 0.
    pub sigma: f64,
    /// How the decoder's output becomes a reconstruction.
    pub output: OutputActivation,
}

impl Default for GaussianNoise {
    fn default() -> Self {
        Self { sigma: 1.0, output: OutputActivation::Identity }
    }
}

/// How the decoder's output becomes a reconstruction under the squared error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputActivation {
    /// As it is: any real value.
    #[default]
    Identity,
    /// Through a sigmoid: values in `(0, 1)`.
    Sigmoid,
    /// Through the activation of that name, as what is to be reconstructed came through it: the codes of a layer below.
    Relu,
    /// See [`Self::Relu`].
    LeakyRelu,
    /// See [`Self::Relu`].
    Gelu,
    /// See [`Self::Relu`].
    Silu,
    /// See [`Self::Relu`].
    Tanh,
    /// See [`Self::Relu`].
    Softplus,
}

impl OutputActivation {
    /// The elementwise map.
    pub fn pointwise(self) -> Pointwise {
        match self {
            Self::Identity => Pointwise::Identity,
            Self::Sigmoid => Pointwise::Sigmoid,
            Self::Relu => Pointwise::Relu,
            Self::LeakyRelu => Pointwise::LeakyRelu,
            Self::Gelu => Pointwise::Gelu,
            Self::Silu => Pointwise::Silu,
            Self::Tanh => Pointwise::Tanh,
            Self::Softplus => Pointwise::Softplus,
        }
    }
}

impl From<Pointwise> for OutputActivation {
    fn from(activation: Pointwise) -> Self {
        match activation {
            Pointwise::Identity => Self::Identity,
            Pointwise::Sigmoid => Self::Sigmoid,
            Pointwise::Relu => Self::Relu,
            Pointwise::LeakyRelu => Self::LeakyRelu,
            Pointwise::Gelu => Self::Gelu,
            Pointwise::Silu => Self::Silu,
            Pointwise::Tanh => Self::Tanh,
            Pointwise::Softplus => Self::Softplus,
        }
    }
}

/// `-Σ_j x_j ln x^_j + (1 - x_j) ln(1 - x^_j)` in nats with `x^ = sigmoid(output)` (Vincent et al.
/// 2010, section 2.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bernoulli {}

/// `-Σ_j x_j ln x^_j` in nats with `x^ = softmax(output)`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Categorical {}

/// How far the sum of a probability vector may be from 1.
const SUM_TOLERANCE: f64 = 1e-3;

impl Loss {
    /// The losses a configuration may name.
    pub const KINDS: &[Kind] = &[
        Kind { name: "squared-error", summary: "squared error summed over features, for continuous values" },
        Kind {
            name: "gaussian",
            summary: "Gaussian likelihood in nats, for continuous values with a known noise",
        },
        Kind { name: "bernoulli", summary: "cross-entropy for bits and values in [0, 1], on logits" },
        Kind { name: "categorical", summary: "cross-entropy for probability vectors, on logits" },
    ];

    /// The name in the configuration.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SquaredError(_) => "squared-error",
            Self::Gaussian(_) => "gaussian",
            Self::Bernoulli(_) => "bernoulli",
            Self::Categorical(_) => "categorical",
        }
    }

    /// What its value is measured in.
    pub fn unit(&self) -> &'static str {
        match self {
            Self::SquaredError(_) => "squared error per example",
            Self::Gaussian(_) | Self::Bernoulli(_) | Self::Categorical(_) => "nats per example",
        }
    }

    /// The loss of each example, summed over its features: `[batch, features]` twice to `[batch]`.
    /// `output` is the decoder's, before the output activation.
    ///
    /// ```
    /// use autoencoder_core::{Bernoulli, Loss};
    /// use burn::tensor::{Device, Tensor};
    ///
    /// // A logit of zero says that a bit is as likely 1 as 0: ln 2 nats.
    /// let logits = Tensor::<2>::zeros([1, 1], &Device::flex());
    /// let nats = Loss::Bernoulli(Bernoulli {}).per_example(logits.clone(), logits.add_scalar(1.0));
    /// assert!((nats.into_scalar::<f32>() - 2.0_f32.ln()).abs() < 1e-6);
    /// ```
    pub fn per_example(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        self.per_feature(output, clean).sum_dim(1).squeeze_dim(1)
    }

    /// The loss of each feature times its weight, summed over features and averaged over the batch: `[batch, features]`
    /// three times to `[1]`.
    pub fn weighted_mean(&self, output: Tensor<2>, clean: Tensor<2>, weights: Tensor<2>) -> Tensor<1> {
        (self.per_feature(output, clean) * weights).sum_dim(1).squeeze_dim::<1>(1).mean()
    }

    /// The loss of each feature: `[batch, features]` twice to the same.
    pub fn per_feature(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Categorical(_) => (activation::log_softmax(output, 1) * clean).neg(),
            Self::Gaussian(GaussianNoise { sigma, .. }) => {
                let squares = self.fused().composed(self.before_fused(output), clean);
                squares.div_scalar(2.0 * sigma * sigma).add_scalar(normaliser(*sigma))
            }
            _ => self.fused().composed(self.before_fused(output), clean),
        }
    }

    /// The loss averaged over the batch: `[1]`.
    pub fn mean(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        match self {
            Self::Categorical(_) => self.per_example(output, clean).mean(),
            Self::Gaussian(GaussianNoise { sigma, .. }) => {
                let [_, features] = output.dims();
                let squares = self.fused().mean(self.before_fused(output), clean);
                squares.div_scalar(2.0 * sigma * sigma).add_scalar(features as f64 * normaliser(*sigma))
            }
            _ => self.fused().mean(self.before_fused(output), clean),
        }
    }

    /// How the decoder's output becomes a reconstruction under a loss of squares.
    fn output(&self) -> Option<OutputActivation> {
        match self {
            Self::SquaredError(SquaredError { output }) | Self::Gaussian(GaussianNoise { output, .. }) => {
                Some(*output)
            }
            Self::Bernoulli(_) | Self::Categorical(_) => None,
        }
    }

    /// The decoder's output as [`Self::fused`] takes it: through the activations that are no part of it.
    fn before_fused(&self, output: Tensor<2>) -> Tensor<2> {
        match self.output() {
            None | Some(OutputActivation::Identity | OutputActivation::Sigmoid) => output,
            Some(activation) => apply(output, activation.pointwise()),
        }
    }

    /// The operation that a loss of single features is, or is a multiple of.
    fn fused(&self) -> Fused {
        match self {
            Self::SquaredError(SquaredError { output: OutputActivation::Sigmoid })
            | Self::Gaussian(GaussianNoise { output: OutputActivation::Sigmoid, .. }) => {
                Fused::SigmoidSquaredError
            }
            Self::SquaredError(_) | Self::Gaussian(_) => Fused::SquaredError,
            Self::Bernoulli(_) | Self::Categorical(_) => Fused::Bernoulli,
        }
    }

    /// The reconstruction `x^` from the decoder's output, both `[batch, features]`.
    pub fn reconstruction(&self, output: Tensor<2>) -> Tensor<2> {
        match self {
            Self::SquaredError(SquaredError { output: activation })
            | Self::Gaussian(GaussianNoise { output: activation, .. }) => match activation {
                OutputActivation::Identity => output,
                activation => apply(output, activation.pointwise()),
            },
            Self::Bernoulli(_) => apply(output, Pointwise::Sigmoid),
            Self::Categorical(_) => activation::softmax(output, 1),
        }
    }

    /// Whether it is defined for values in `[0, 1]` alone.
    pub fn is_bounded(&self) -> bool {
        matches!(self.output(), None | Some(OutputActivation::Sigmoid))
    }

    /// Whether the loss is `-ln p(x|h)`, so that the evidence of a variational model means something. The
    /// squared error lacks its scale, and the cross-entropy of a probability vector its normaliser.
    pub fn is_likelihood(&self) -> bool {
        matches!(self, Self::Bernoulli(_) | Self::Gaussian(_))
    }

    /// Checks the numbers of the loss itself.
    ///
    /// # Errors
    /// [`RangeError`] for a standard deviation that is none.
    pub fn check_numbers(&self) -> Result<(), RangeError> {
        let Self::Gaussian(GaussianNoise { sigma, .. }) = *self else { return Ok(()) };
        let expected = "that is finite and above 0";
        RangeError::check("loss.sigma", sigma, sigma > 0.0 && sigma.is_finite(), expected)
    }

    /// Checks that the loss is defined for every value of `source`.
    ///
    /// # Errors
    /// [`DataError::NotFinite`], [`DataError::OutsideLossRange`] naming the first bad column with
    /// the values it holds, [`DataError::NotAProbabilityVector`], or what reading says.
    pub fn check(&self, source: &dyn Source) -> Result<(), DataError> {
        let features = source.shape().features();
        let mut ranges = vec![(f32::INFINITY, f32::NEG_INFINITY); features];
        for_each_chunk(source, |first, rows| {
            for (row, values) in rows.chunks_exact(features).enumerate() {
                self.check_row(first + row, values)?;
                for (range, &value) in ranges.iter_mut().zip(values) {
                    *range = (range.0.min(value), range.1.max(value));
                }
            }
            Ok::<_, DataError>(())
        })?;
        self.check_ranges(&ranges)
    }

    fn check_row(&self, row: usize, values: &[f32]) -> Result<(), DataError> {
        if let Some(column) = values.iter().position(|value| !value.is_finite()) {
            return Err(DataError::NotFinite { row, column, value: values[column] });
        }
        if matches!(self, Self::Categorical(_)) && values.iter().all(|&value| value >= 0.0) {
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            if (sum - 1.0).abs() > SUM_TOLERANCE {
                return Err(DataError::NotAProbabilityVector { row, sum });
            }
        }
        Ok(())
    }

    fn check_ranges(&self, ranges: &[(f32, f32)]) -> Result<(), DataError> {
        let (range, remedy, (low, high)) = match self {
            _ if !self.is_bounded() => return Ok(()),
            Self::SquaredError(_) | Self::Gaussian(_) => (
                "in [0, 1] with output = \"sigmoid\"",
                "set data.scaling = \"unit\", or loss.output = \"identity\"",
                (0.0, 1.0),
            ),
            Self::Bernoulli(_) => {
                ("in [0, 1]", "set data.scaling = \"unit\", or loss.kind = \"squared-error\"", (0.0, 1.0))
            }
            Self::Categorical(_) => (
                "that are probabilities",
                "divide each row by its sum, or set loss.kind = \"squared-error\"",
                (0.0, 1.0 + SUM_TOLERANCE as f32),
            ),
        };
        match ranges.iter().position(|&(min, max)| min < low || max > high) {
            None => Ok(()),
            Some(column) => {
                let (min, max) = ranges[column];
                Err(DataError::OutsideLossRange { loss: self.name(), range, column, min, max, remedy })
            }
        }
    }
}

/// `ln(sigma sqrt(2 pi))`.
fn normaliser(sigma: f64) -> f64 {
    sigma.ln() + 0.5 * std::f64::consts::TAU.ln()
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::testing::{Rows, gradient_error};

    #[test]
    fn every_output_activation_is_what_is_compared() {
        let device = Device::flex();
        let clean = Tensor::<2>::from_data([[0.2, 0.5, -0.3]], &device);
        for activation in Pointwise::ALL {
            let loss = Loss::SquaredError(SquaredError { output: activation.into() });
            let at = Tensor::<2>::from_data([[0.4, -0.9, 1.3]], &device);
            let difference = loss.reconstruction(at.clone()) - clean.clone();
            let expected = (difference.clone() * difference).sum().into_scalar::<f32>();
            let found = loss.mean(at.clone(), clean.clone()).into_scalar::<f32>();
            assert!((found - expected).abs() < 1e-6, "{activation:?} {found} {expected}");
            let of_each = loss.per_example(at, clean.clone()).into_scalar::<f32>();
            assert!((of_each - expected).abs() < 1e-6, "{activation:?}");
            let error = gradient_error([[0.4, -0.9, 1.3]], |output| loss.mean(output, clean.clone()));
            assert!(error < 1e-3, "{activation:?} {error}");
        }
    }

    const LOSSES: [Loss; 6] = [
        Loss::SquaredError(SquaredError { output: OutputActivation::Identity }),
        Loss::SquaredError(SquaredError { output: OutputActivation::Sigmoid }),
        Loss::Gaussian(GaussianNoise { sigma: 0.5, output: OutputActivation::Identity }),
        Loss::Gaussian(GaussianNoise { sigma: 0.25, output: OutputActivation::Sigmoid }),
        Loss::Bernoulli(Bernoulli {}),
        Loss::Categorical(Categorical {}),
    ];

    #[test]
    fn cross_entropy_of_bits_equals_its_definition() {
        let device = Device::flex();
        let output = Tensor::<2>::from_data([[0.3, -1.2, 4.0]], &device);
        let clean = Tensor::<2>::from_data([[1.0, 0.0, 0.25]], &device);
        let ours = Loss::Bernoulli(Bernoulli {}).mean(output, clean).into_scalar::<f32>();
        let expected: f64 = [(0.3, 1.0), (-1.2, 0.0), (4.0, 0.25)]
            .map(|(z, x): (f64, f64)| {
                let p = 1.0 / (1.0 + (-z).exp());
                -(x * p.ln() + (1.0 - x) * (1.0 - p).ln())
            })
            .iter()
            .sum();
        assert!((f64::from(ours) - expected).abs() < 1e-6, "{ours} {expected}");
    }

    #[test]
    fn the_gaussian_loss_is_the_negative_logarithm_of_the_density() {
        let device = Device::flex();
        let output = Tensor::<2>::from_data([[0.3, -1.2]], &device);
        let clean = Tensor::<2>::from_data([[1.0, 0.5]], &device);
        let loss = Loss::Gaussian(GaussianNoise { sigma: 0.5, ..GaussianNoise::default() });
        let ours = loss.mean(output, clean).into_scalar::<f32>();
        let density = |d: f64| (-d * d / 0.5).exp() / (0.5 * std::f64::consts::TAU.sqrt());
        let expected = -(density(0.7).ln() + density(1.7).ln());
        assert!((f64::from(ours) - expected).abs() < 1e-5, "{ours} {expected}");
    }

    #[test]
    fn a_deviation_that_is_none_is_refused() {
        for sigma in [0.0, -1.0, f64::NAN] {
            let loss = Loss::Gaussian(GaussianNoise { sigma, ..GaussianNoise::default() });
            assert!(loss.check_numbers().expect_err("refused").to_string().contains("loss.sigma"));
        }
        assert!(LOSSES.iter().all(|loss| loss.check_numbers().is_ok()));
    }

    #[test]
    fn cross_entropy_of_bits_stays_finite_at_extreme_logits() {
        let device = Device::flex();
        let output = Tensor::<2>::from_data([[1000.0, -1000.0]], &device);
        let clean = Tensor::<2>::from_data([[0.0, 1.0]], &device);
        let loss = Loss::Bernoulli(Bernoulli {}).mean(output, clean).into_scalar::<f32>();
        assert_eq!(loss, 2000.0);
    }

    #[test]
    fn categorical_cross_entropy_of_a_perfect_output_is_the_entropy_of_the_target() {
        let device = Device::flex();
        let p = [0.5_f64, 0.25, 0.25];
        let clean = Tensor::<2>::from_data([p.map(|p| p as f32)], &device);
        let output = Tensor::<2>::from_data([p.map(|p| p.ln() as f32 + 3.0)], &device);
        let loss = Loss::Categorical(Categorical {}).mean(output, clean).into_scalar::<f32>();
        let entropy = -p.iter().map(|p| p * p.ln()).sum::<f64>();
        assert!((f64::from(loss) - entropy).abs() < 1e-6);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let clean = [[0.2_f32, 0.5, 0.3], [0.7, 0.1, 0.2]];
        for loss in LOSSES {
            let error = gradient_error([[0.4, -0.9, 1.3], [-2.0, 0.0, 0.6]], |output| {
                let clean = Tensor::<2>::from_data(clean, &output.device());
                loss.mean(output, clean)
            });
            assert!(error < 1e-3, "{loss:?} {error}");
        }
    }

    #[test]
    fn data_outside_the_range_are_refused_with_the_column_and_the_remedy() {
        let pixels = Rows::new(2, vec![0.0, 1.0, 0.5, 255.0]);
        let error = Loss::Bernoulli(Bernoulli {}).check(&pixels).expect_err("255 is no bit").to_string();
        for part in ["bernoulli", "column 1", "1 to 255", "data.scaling = \"unit\"", "squared-error"] {
            assert!(error.contains(part), "{error} lacks {part}");
        }
        assert!(LOSSES[0].check(&pixels).is_ok());
    }

    #[test]
    fn rows_that_are_no_probability_vector_and_values_that_are_no_number_are_refused() {
        let rows = Rows::new(2, vec![0.5, 0.5, 0.5, 0.4]);
        assert!(matches!(
            Loss::Categorical(Categorical {}).check(&rows),
            Err(DataError::NotAProbabilityVector { row: 1, .. })
        ));
        let rows = Rows::new(2, vec![0.5, 0.5, 0.5, f32::NAN]);
        assert!(matches!(LOSSES[0].check(&rows), Err(DataError::NotFinite { row: 1, column: 1, .. })));
    }

    #[test]
    fn the_names_of_the_list_are_those_of_the_configuration() {
        let names: Vec<&str> = Loss::KINDS.iter().map(|kind| kind.name).collect();
        let mut own: Vec<&str> = LOSSES.iter().map(Loss::name).collect();
        own.dedup();
        assert_eq!(own, names);
    }
}
