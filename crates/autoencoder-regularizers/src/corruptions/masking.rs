//! Masking noise (Vincent et al. 2010, section 3.3): each input is set to 0 with probability `p`,
//! independently of the others. The model learns to fill in what is missing.

use autoencoder_core::{Corruption, RangeError, Seed};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{from_random_bits, threshold};

/// `x~_j = 0` with probability `probability`, else `x_j`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Masking {
    /// In `[0, 1]`.
    pub probability: f64,
}

impl Default for Masking {
    fn default() -> Self {
        Self { probability: 0.25 }
    }
}

impl Masking {
    /// Checks the probability.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        RangeError::check_probability("corruption.probability", self.probability)
    }
}

impl Corruption for Masking {
    fn name(&self) -> &'static str {
        "masking"
    }

    fn corrupt(&self, x: Tensor<2>, seed: Seed) -> Tensor<2> {
        let threshold = threshold(self.probability);
        let kept = from_random_bits(&x, seed, |bits| f32::from(bits >= threshold));
        x * kept
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn masked(probability: f64, value: f32) -> Vec<f32> {
        let x = Tensor::<2>::full([100, 200], value, &Device::flex());
        Masking { probability }.corrupt(x, Seed::new(11)).into_data().iter().collect()
    }

    #[test]
    fn masking_zeroes_the_asked_share_of_inputs_and_keeps_the_others() {
        for probability in [0.1, 0.25, 0.5, 0.9] {
            let values = masked(probability, 0.3);
            assert!(values.iter().all(|&value| value == 0.0 || value == 0.3));
            let share = values.iter().filter(|&&value| value == 0.0).count() as f64 / 20_000.0;
            let standard_error = (probability * (1.0 - probability) / 20_000.0).sqrt();
            assert!((share - probability).abs() < 5.0 * standard_error, "{probability} {share}");
        }
    }

    #[test]
    fn masking_keeps_the_mean_up_to_the_share_of_inputs_it_keeps() {
        let x: Vec<f32> = (0..20_000).map(|i| i as f32 / 20_000.0).collect();
        let sum = |power| x.iter().map(|&x| f64::from(x).powi(power)).sum::<f64>();
        let p = 0.25;
        let clean = Tensor::<2>::from_data(TensorData::new(x.clone(), [100, 200]), &Device::flex());
        let noisy = Masking { probability: p }.corrupt(clean, Seed::new(11));
        let total: f64 = noisy.into_data().iter::<f64>().sum();
        // The variance of the sum is p (1 - p) Σ x².
        let standard_error = (p * (1.0 - p) * sum(2)).sqrt();
        assert!((total - (1.0 - p) * sum(1)).abs() < 5.0 * standard_error, "{total}");
    }

    #[test]
    fn probability_zero_keeps_and_one_zeroes_everything() {
        assert!(masked(0.0, 0.3).iter().all(|&value| value == 0.3));
        assert!(masked(1.0, 0.3).iter().all(|&value| value == 0.0));
    }

    #[test]
    fn a_probability_above_one_is_refused_by_its_key() {
        let error = Masking { probability: 1.5 }.check().expect_err("refused").to_string();
        assert!(error.contains("corruption.probability = 1.5"), "{error}");
        assert!(Masking { probability: f64::NAN }.check().is_err());
    }
}
