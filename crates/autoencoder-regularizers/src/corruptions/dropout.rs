//! Dropout (Srivastava et al., JMLR 2014): masking noise that keeps the mean. On the hidden units of a classifier it keeps
//! them from relying on one another.

use autoencoder_core::{Corruption, RangeError, Seed};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{from_random_bits, threshold};

/// `x~_j = 0` with probability `p`, else `x_j / (1 - p)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dropout {
    /// `p`, in `[0, 1]`; with 1 everything is 0.
    pub probability: f64,
}

impl Default for Dropout {
    fn default() -> Self {
        Self { probability: 0.5 }
    }
}

impl Dropout {
    /// Checks the probability.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        RangeError::check_probability("corruption.probability", self.probability)
    }
}

impl Corruption for Dropout {
    fn name(&self) -> &'static str {
        "dropout"
    }

    fn corrupt(&self, x: Tensor<2>, seed: Seed) -> Tensor<2> {
        let threshold = threshold(self.probability);
        let share = (1.0 - self.probability) as f32;
        let kept = from_random_bits(&x, seed, |bits| if bits >= threshold { 1.0 / share } else { 0.0 });
        x * kept
    }

    /// What is kept is only scaled: what was set to 0 was changed.
    fn changed(&self, clean: Tensor<2>, corrupted: Tensor<2>) -> Tensor<2> {
        corrupted.equal_elem(0.0).float() * clean.not_equal_elem(0.0).float()
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn dropped(probability: f64) -> Vec<f32> {
        let x = Tensor::<2>::full([100, 200], 0.3, &Device::flex());
        Dropout { probability }.corrupt(x, Seed::new(11)).into_data().iter().collect()
    }

    #[test]
    fn what_is_left_is_scaled_so_that_the_mean_stays() {
        for probability in [0.1, 0.5, 0.8] {
            let values = dropped(probability);
            let left = (0.3 / (1.0 - probability)) as f32;
            assert!(values.iter().all(|&value| value == 0.0 || (value - left).abs() < 1e-6));
            let mean = values.iter().copied().map(f64::from).sum::<f64>() / 20_000.0;
            let standard_error = 0.3 * (probability / (1.0 - probability) / 20_000.0).sqrt();
            assert!((mean - 0.3).abs() < 5.0 * standard_error, "{probability} {mean}");
        }
    }

    #[test]
    fn what_is_kept_counts_as_clean() {
        let device = Device::flex();
        let clean = Tensor::<2>::from_data([[1.0, 2.0, 0.0, 4.0]], &device);
        let corrupted = Tensor::<2>::from_data([[0.0, 4.0, 0.0, 8.0]], &device);
        let changed = Dropout { probability: 0.5 }.changed(clean, corrupted);
        assert_eq!(changed.into_data().iter::<f32>().collect::<Vec<_>>(), [1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn probability_zero_keeps_and_one_zeroes_everything() {
        assert!(dropped(0.0).iter().all(|&value| value == 0.3));
        assert!(dropped(1.0).iter().all(|&value| value == 0.0));
    }

    #[test]
    fn a_probability_above_one_is_refused_by_its_key() {
        let error = Dropout { probability: 1.5 }.check().expect_err("refused").to_string();
        assert!(error.contains("corruption.probability = 1.5"), "{error}");
    }
}
