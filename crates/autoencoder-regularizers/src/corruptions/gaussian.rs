//! Gaussian noise (Vincent et al. 2010, section 3.3): `x~ = x + σ e`, `e ~ N(0, 1)`, for continuous
//! inputs. The model learns to project back onto the manifold the clean examples lie on.

use autoencoder_core::{Corruption, RangeError, Seed};
use burn::tensor::{Tensor, TensorData};
use rand_distr::{Distribution, StandardNormal};
use serde::{Deserialize, Serialize};

/// `x~_j = x_j + sigma e_j`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gaussian {
    /// The standard deviation, in scaled units, at least 0.
    pub sigma: f64,
}

impl Default for Gaussian {
    fn default() -> Self {
        Self { sigma: 0.3 }
    }
}

impl Gaussian {
    /// Checks the standard deviation.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        RangeError::check_magnitude("corruption.sigma", self.sigma)
    }
}

impl Corruption for Gaussian {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn corrupt(&self, x: Tensor<2>, seed: Seed) -> Tensor<2> {
        let sigma = self.sigma as f32;
        let normal = StandardNormal.sample_iter(seed.rng()).map(|e: f32| sigma * e);
        let noise: Vec<f32> = normal.take(x.shape().num_elements()).collect();
        let noise = Tensor::from_data(TensorData::new(noise, x.dims()), &x.device());
        x + noise
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn the_noise_has_mean_zero_and_the_asked_deviation() {
        let x = Tensor::<2>::full([100, 200], 2.0, &Device::flex());
        let noisy: Vec<f32> = Gaussian { sigma: 0.5 }.corrupt(x, Seed::new(11)).into_data().iter().collect();
        let n = noisy.len() as f64;
        let mean = noisy.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
        let variance = noisy.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / n;
        // Five standard errors of the mean and of the variance.
        assert!((mean - 2.0).abs() < 5.0 * 0.5 / n.sqrt(), "{mean}");
        assert!((variance - 0.25).abs() < 5.0 * 0.25 * (2.0 / n).sqrt(), "{variance}");
    }

    #[test]
    fn deviation_zero_keeps_everything() {
        let x = Tensor::<2>::full([7, 31], 0.3, &Device::flex());
        let noisy = Gaussian { sigma: 0.0 }.corrupt(x, Seed::new(11));
        assert!(noisy.into_data().iter::<f32>().all(|value| value == 0.3));
    }

    #[test]
    fn a_negative_or_infinite_deviation_is_refused_by_its_key() {
        let error = Gaussian { sigma: -0.1 }.check().expect_err("refused").to_string();
        assert!(error.contains("corruption.sigma = -0.1"), "{error}");
        let error = Gaussian { sigma: f64::INFINITY }.check().expect_err("refused").to_string();
        assert!(error.contains("finite"), "{error}");
    }
}
