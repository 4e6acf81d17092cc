//! Salt-and-pepper noise (Vincent et al. 2010, section 3.3): each input is set, with probability `p`, to
//! its least or greatest possible value by a fair coin.

use autoencoder_core::{Corruption, RangeError, Seed};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{from_random_bits, threshold};

/// `x~_j` is 0 with probability `probability / 2`, 1 with the same, else `x_j`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SaltAndPepper {
    /// In `[0, 1]`.
    pub probability: f64,
}

impl Default for SaltAndPepper {
    fn default() -> Self {
        Self { probability: 0.25 }
    }
}

impl SaltAndPepper {
    /// Checks the probability.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        RangeError::check_probability("corruption.probability", self.probability)
    }
}

impl Corruption for SaltAndPepper {
    fn name(&self) -> &'static str {
        "salt-and-pepper"
    }

    /// What it writes is the least and the greatest value only there.
    fn range(&self) -> Option<(f32, f32)> {
        Some((0.0, 1.0))
    }

    fn corrupt(&self, x: Tensor<2>, seed: Seed) -> Tensor<2> {
        let (pepper, both) = (threshold(self.probability / 2.0), threshold(self.probability));
        // 2 marks what stays; a NaN would not do, since shader compilers may assume that there are none.
        let noise = from_random_bits(&x, seed, |bits| match bits {
            bits if bits < pepper => 0.0,
            bits if bits < both => 1.0,
            _ => 2.0,
        });
        let kept = noise.clone().greater_elem(1.5);
        noise.mask_where(kept, x)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn noisy(probability: f64) -> Vec<f32> {
        let x = Tensor::<2>::full([100, 200], 0.3, &Device::flex());
        SaltAndPepper { probability }.corrupt(x, Seed::new(11)).into_data().iter().collect()
    }

    #[test]
    fn half_of_the_asked_share_becomes_zero_and_half_one() {
        let noisy = noisy(0.4);
        let share = |wanted: f32| noisy.iter().filter(|&&value| value == wanted).count() as f64 / 20_000.0;
        let tolerance = 5.0 * (0.2_f64 * 0.8 / 20_000.0).sqrt();
        assert!((share(0.0) - 0.2).abs() < tolerance && (share(1.0) - 0.2).abs() < tolerance);
        assert!((share(0.0) + share(0.3) + share(1.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn probability_zero_keeps_and_one_replaces_everything() {
        assert!(noisy(0.0).iter().all(|&value| value == 0.3));
        assert!(noisy(1.0).iter().all(|&value| value == 0.0 || value == 1.0));
    }

    #[test]
    fn a_probability_outside_its_range_is_refused_by_its_key() {
        let error = SaltAndPepper { probability: -0.1 }.check().expect_err("refused").to_string();
        assert!(error.contains("corruption.probability = -0.1") && error.contains("from 0 to 1"), "{error}");
        assert!(SaltAndPepper { probability: f64::NAN }.check().is_err());
    }
}
