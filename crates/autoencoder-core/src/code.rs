//! What flows through an autoencoder: codes, passes and named terms of the objective.

use burn::tensor::{Tensor, TensorData};
use rand_chacha::rand_core::Rng as _;

use crate::Seed;

/// The code of a batch.
#[derive(Clone, Debug)]
pub struct Code {
    /// The code `h`, `[batch, codes]`; for a posterior, its mean.
    pub h: Tensor<2>,
    /// The code before its activation, `[batch, codes]`, where the encoder has one last linear map.
    pub pre_activation: Option<Tensor<2>>,
    /// The posterior `q(h|x)` of a variational model.
    pub posterior: Option<Gaussian>,
}

impl Code {
    /// A deterministic code of which nothing else is known.
    pub fn new(h: Tensor<2>) -> Self {
        Self { h, pre_activation: None, posterior: None }
    }

    /// The code that the decoder sees in training: a sample of the posterior by the
    /// reparametrisation `h = mean + exp(log_variance / 2) * e`, `e ~ N(0, 1)` (Kingma and Welling
    /// 2014, section 2.4), or `h` itself where there is no posterior. The same bits on every backend.
    pub fn sample(&self, seed: Seed) -> Tensor<2> {
        let Some(Gaussian { mean, log_variance }) = &self.posterior else {
            return self.h.clone();
        };
        let [batch, codes] = mean.dims();
        let noise = standard_normal(batch * codes, seed);
        let noise = Tensor::<2>::from_data(TensorData::new(noise, [batch, codes]), &mean.device());
        mean.clone() + log_variance.clone().mul_scalar(0.5).exp() * noise
    }
}

/// `count` draws of `N(0, 1)` by Box and Muller's transform, two for each pair of uniforms.
fn standard_normal(count: usize, seed: Seed) -> Vec<f32> {
    let mut rng = seed.rng();
    // The first uniform lies in (0, 1], so that its logarithm is finite.
    let mut uniform = || (f64::from(rng.next_u32()) + 1.0) / 4_294_967_296.0;
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let (radius, angle) = ((-2.0 * uniform().ln()).sqrt(), std::f64::consts::TAU * uniform());
        values.push((radius * angle.cos()) as f32);
        values.push((radius * angle.sin()) as f32);
    }
    values.truncate(count);
    values
}

/// A diagonal Gaussian for each example.
#[derive(Clone, Debug)]
pub struct Gaussian {
    /// `[batch, codes]`.
    pub mean: Tensor<2>,
    /// The natural logarithm of the variance, `[batch, codes]`.
    pub log_variance: Tensor<2>,
}

/// One way through the model, as the loss and the penalties see it.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The clean examples `x`, `[batch, features]`: what the loss compares with.
    pub clean: Tensor<2>,
    /// What the encoder saw, `x~`, `[batch, features]`: equal to `clean` without a corruption.
    pub input: Tensor<2>,
    /// The code of `input`.
    pub code: Code,
    /// The decoder's output before the output activation, `[batch, features]`.
    pub output: Tensor<2>,
}

/// One summand of the objective, under the name it is reported by.
#[derive(Clone, Debug)]
pub struct Term {
    /// For example `reconstruction`, `l1`, `kl`.
    pub name: &'static str,
    /// The value averaged over the batch, `[1]`.
    pub value: Tensor<1>,
}

impl Term {
    /// A term of that name and value.
    pub fn new(name: &'static str, value: Tensor<1>) -> Self {
        Self { name, value }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_a_posterior_is_its_own_sample() {
        let device = burn::tensor::Device::flex();
        let code = Code::new(Tensor::from_data([[1.0, -2.0]], &device));
        let sample: Vec<f32> = code.sample(Seed::new(3)).into_data().iter().collect();
        assert_eq!(sample, [1.0, -2.0]);
    }

    #[test]
    fn samples_of_a_posterior_have_its_mean_and_variance() {
        let device = burn::tensor::Device::flex();
        let mean = Tensor::<2>::full([20_000, 1], 3.0, &device);
        let log_variance = Tensor::<2>::full([20_000, 1], 4.0_f32.ln(), &device);
        let posterior = Gaussian { mean: mean.clone(), log_variance };
        let code = Code { h: mean, pre_activation: None, posterior: Some(posterior) };
        let draws: Vec<f32> = code.sample(Seed::new(3)).into_data().iter().collect();
        let mean = draws.iter().sum::<f32>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 20_000.0;
        // Five standard errors of the mean and of the variance.
        assert!((mean - 3.0).abs() < 5.0 * 2.0 / 20_000_f32.sqrt(), "{mean}");
        assert!((variance - 4.0).abs() < 5.0 * 4.0 * (2.0_f32 / 20_000.0).sqrt(), "{variance}");
    }
}
