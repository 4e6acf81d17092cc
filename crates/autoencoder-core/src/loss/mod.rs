//! Reconstruction losses, one file each, and the output activation that belongs to each.
//!
//! Every loss is summed over the features of an example and reported per example; training averages
//! it over the batch. Cross-entropies are in nats and computed from logits.

mod output;
#[macro_use]
mod registry;

use burn::tensor::Tensor;

use crate::{DataError, RangeError, Source, for_each_chunk};

pub use output::{Output, OutputActivation};

// One line a loss: its file and type, its name, what it is for.
losses! {
    squared_error::SquaredError as SquaredError = "squared-error", "squared error summed over features, for continuous values";
    gaussian::GaussianNoise as Gaussian = "gaussian", "Gaussian likelihood in nats, for continuous values with a known noise";
    bernoulli::Bernoulli as Bernoulli = "bernoulli", "cross-entropy for bits and values in [0, 1], on logits";
    categorical::Categorical as Categorical = "categorical", "cross-entropy for probability vectors, on logits";
}

/// What a loss is: all that the toolkit asks of one.
pub(crate) trait LossKind: Copy {
    /// What its value is measured in.
    fn unit(&self) -> &'static str {
        "nats per example"
    }

    /// The loss of each feature: `[batch, features]` twice to the same. `output` is the decoder's.
    fn per_feature(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2>;

    /// The loss summed over features and averaged over the batch: `[1]`.
    fn mean(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        self.per_feature(output, clean).sum_dim(1).squeeze_dim::<1>(1).mean()
    }

    /// How the decoder's output becomes a reconstruction.
    fn output(&self) -> Output;

    /// The same loss about the output through another activation; `None` where the loss decides that.
    fn with_output(&self, _output: OutputActivation) -> Option<Self> {
        None
    }

    /// The values it is defined for.
    fn domain(&self) -> Domain;

    /// Over what it is `-ln p(x|h)`; `None` where it is not: the squared error lacks its scale, and the cross-entropy of a
    /// probability vector its normaliser.
    fn density(&self) -> Option<Support> {
        None
    }

    /// Checks the numbers of the loss itself.
    fn check(&self) -> Result<(), RangeError> {
        Ok(())
    }
}

/// The values that a loss is defined for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// All.
    Real,
    /// Those in `[0, 1]`.
    Unit(Bounds),
    /// Rows that are not negative and sum to 1.
    Simplex(Bounds),
}

/// What is said of values outside a domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The values that are needed, after "values".
    pub words: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Domain {
    /// That of squares about an output through that activation.
    fn of_squares(output: OutputActivation) -> Self {
        match output {
            OutputActivation::Sigmoid => Self::Unit(Bounds {
                words: "in [0, 1] with output = \"sigmoid\"",
                remedy: "set data.scaling = \"unit\", or loss.output = \"identity\"",
            }),
            _ => Self::Real,
        }
    }
}

/// What a density is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Real values.
    Reals,
    /// The values 0 and 1 alone: of values between them it is a cross-entropy and no probability.
    Bits,
}

/// How far the sum of a probability vector may be from 1.
const SUM_TOLERANCE: f64 = 1e-3;

impl Loss {
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

    /// The reconstruction `x^` from the decoder's output, both `[batch, features]`.
    pub fn reconstruction(&self, output: Tensor<2>) -> Tensor<2> {
        self.output().apply(output)
    }

    /// Whether it is defined for some values alone, such as those in `[0, 1]`.
    pub fn is_bounded(&self) -> bool {
        self.domain() != Domain::Real
    }

    /// Whether the loss is `-ln p(x|h)`, so that the evidence of a variational model means something.
    pub fn is_likelihood(&self) -> bool {
        self.density().is_some()
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
        if matches!(self.domain(), Domain::Simplex(_)) && values.iter().all(|&value| value >= 0.0) {
            let sum: f64 = values.iter().map(|&value| f64::from(value)).sum();
            if (sum - 1.0).abs() > SUM_TOLERANCE {
                return Err(DataError::NotAProbabilityVector { row, sum });
            }
        }
        Ok(())
    }

    fn check_ranges(&self, ranges: &[(f32, f32)]) -> Result<(), DataError> {
        let (Bounds { words: range, remedy }, high) = match self.domain() {
            Domain::Real => return Ok(()),
            Domain::Unit(bounds) => (bounds, 1.0),
            Domain::Simplex(bounds) => (bounds, 1.0 + SUM_TOLERANCE as f32),
        };
        let Some(column) = ranges.iter().position(|&(min, max)| min < 0.0 || max > high) else {
            return Ok(());
        };
        let (min, max) = ranges[column];
        Err(DataError::OutsideLossRange { loss: self.name(), range, column, min, max, remedy })
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_kernels::Pointwise;
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
    fn every_loss_is_among_those_that_are_tested_and_has_its_file() {
        let mut own: Vec<&str> = LOSSES.iter().map(Loss::name).collect();
        own.dedup();
        let names: Vec<&str> = Loss::KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(own, names);
        // Cargo runs tests in the package's folder, and names files from the workspace's.
        let folder = std::path::Path::new("../..").join(file!()).parent().expect("a folder").to_owned();
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .expect("the sources")
            .filter_map(|entry| {
                Some(entry.ok()?.file_name().to_str()?.strip_suffix(".rs")?.replace('_', "-"))
            })
            .filter(|name| !["mod", "output", "registry"].contains(&name.as_str()))
            .collect();
        files.sort_unstable();
        own.sort_unstable();
        assert_eq!(files, own);
    }

    #[test]
    fn the_mean_over_a_batch_is_that_of_its_examples() {
        let device = Device::flex();
        let output = Tensor::<2>::from_data([[0.4, -0.9, 1.3], [-2.0, 0.0, 0.6]], &device);
        let clean = Tensor::<2>::from_data([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2]], &device);
        for loss in LOSSES {
            let each = loss.per_example(output.clone(), clean.clone()).mean().into_scalar::<f32>();
            let mean = loss.mean(output.clone(), clean.clone()).into_scalar::<f32>();
            assert!((each - mean).abs() < 1e-5, "{loss:?} {each} {mean}");
        }
    }
}
