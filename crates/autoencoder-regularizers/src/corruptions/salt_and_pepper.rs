//! Salt-and-pepper noise (Vincent et al. 2010, section 3.3): each input is set, with probability `p`, to
//! its least or greatest possible value by a fair coin.

use autoencoder_core::{Corruption, Seed};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use super::{from_random_bits, threshold};
use crate::RegularizerError;

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
    /// [`RegularizerError`] naming the key.
    pub fn check(&self) -> Result<(), RegularizerError> {
        RegularizerError::check_probability("corruption.probability", self.probability)
    }
}

impl Corruption for SaltAndPepper {
    fn name(&self) -> &'static str {
        "salt-and-pepper"
    }

    fn corrupt(&self, x: Tensor<2>, seed: Seed) -> Tensor<2> {
        let (pepper, both) = (threshold(self.probability / 2.0), threshold(self.probability));
        let kept = from_random_bits(&x, seed, |bits| f32::from(u64::from(bits) >= both));
        let salt = from_random_bits(&x, seed, |bits| f32::from((pepper..both).contains(&u64::from(bits))));
        x * kept + salt
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn half_of_the_asked_share_becomes_zero_and_half_one() {
        let x = Tensor::<2>::full([100, 200], 0.3, &Device::flex());
        let corruption = SaltAndPepper { probability: 0.4 };
        let noisy: Vec<f32> = corruption.corrupt(x, Seed::new(11)).into_data().iter().collect();
        let share = |wanted: f32| noisy.iter().filter(|&&value| value == wanted).count() as f64 / 20_000.0;
        let tolerance = 5.0 * (0.2_f64 * 0.8 / 20_000.0).sqrt();
        assert!((share(0.0) - 0.2).abs() < tolerance && (share(1.0) - 0.2).abs() < tolerance);
        assert!((share(0.0) + share(0.3) + share(1.0) - 1.0).abs() < 1e-12);
    }
}
