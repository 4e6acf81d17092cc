//! What flows through an autoencoder: codes, passes and named terms of the objective.

use std::borrow::Cow;

use burn::tensor::{Device, Tensor, TensorData};
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
    pub posterior: Option<DiagonalGaussian>,
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
        let Some(DiagonalGaussian { mean, log_variance }) = &self.posterior else {
            return self.h.clone();
        };
        let [batch, codes] = mean.dims();
        let noise = standard_normal([batch, codes], seed, &mean.device());
        mean.clone() + log_variance.clone().mul_scalar(0.5).exp() * noise
    }
}

/// Draws of `N(0, 1)` of that shape by Box and Muller's transform, two for each pair of uniforms. The same
/// bits on every backend.
pub fn standard_normal(shape: [usize; 2], seed: Seed, device: &Device) -> Tensor<2> {
    let count = shape[0] * shape[1];
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
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// A diagonal Gaussian for each example.
#[derive(Clone, Debug)]
pub struct DiagonalGaussian {
    /// `[batch, codes]`.
    pub mean: Tensor<2>,
    /// The natural logarithm of the variance, `[batch, codes]`.
    pub log_variance: Tensor<2>,
}

impl DiagonalGaussian {
    /// `KL(N(mean, variance) || N(0, 1)) = 1/2 Σ_k (mean_k² + variance_k - ln variance_k - 1)` in nats for each
    /// example, `[batch]` (Kingma and Welling 2014, appendix B).
    pub fn kl_from_standard(&self) -> Tensor<1> {
        let (mean, log_variance) = (self.mean.clone(), self.log_variance.clone());
        let per_unit = mean.clone() * mean + log_variance.clone().exp() - log_variance;
        per_unit.sub_scalar(1.0).mul_scalar(0.5).sum_dim(1).squeeze_dim(1)
    }
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
    /// When in the training it happens.
    pub moment: Moment,
}

/// A point in a training: where the step's randomness comes from, and how far the training is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Moment {
    /// The stream of this step.
    pub seed: Seed,
    /// The share of the training's steps that are done, in `[0, 1]`: what weights on a schedule go by.
    pub progress: f64,
}

impl Moment {
    /// After the last step: every weight has its final value.
    pub fn after_training(seed: Seed) -> Self {
        Self { seed, progress: 1.0 }
    }
}

/// One summand of the objective, its weight multiplied in, under the name it is reported by.
#[derive(Clone, Debug)]
pub struct Term {
    /// For example `reconstruction`, `l1`, `kl`; a second one of a kind is `l1-2`.
    pub name: Cow<'static, str>,
    /// The value averaged over the batch, `[1]`.
    pub value: Tensor<1>,
}

impl Term {
    /// A term of that name and value.
    pub fn new(name: impl Into<Cow<'static, str>>, value: Tensor<1>) -> Self {
        Self { name: name.into(), value }
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
    fn the_divergence_from_the_prior_is_the_closed_form() {
        let device = burn::tensor::Device::flex();
        let posterior = DiagonalGaussian {
            mean: Tensor::from_data([[0.5, -1.0], [0.0, 0.0]], &device),
            log_variance: Tensor::from_data([[0.3, -0.7], [0.0, 0.0]], &device),
        };
        let of = |mean: f64, log: f64| 0.5 * (mean * mean + log.exp() - log - 1.0);
        let expected = [of(0.5, 0.3) + of(-1.0, -0.7), 0.0];
        for (ours, expected) in posterior.kl_from_standard().into_data().iter::<f64>().zip(expected) {
            assert!((ours - expected).abs() < 1e-6, "{ours} {expected}");
        }
    }

    #[test]
    fn samples_of_a_posterior_have_its_mean_and_variance() {
        let device = burn::tensor::Device::flex();
        let mean = Tensor::<2>::full([20_000, 1], 3.0, &device);
        let log_variance = Tensor::<2>::full([20_000, 1], 4.0_f32.ln(), &device);
        let posterior = DiagonalGaussian { mean: mean.clone(), log_variance };
        let code = Code { h: mean, pre_activation: None, posterior: Some(posterior) };
        let draws: Vec<f32> = code.sample(Seed::new(3)).into_data().iter().collect();
        let mean = draws.iter().sum::<f32>() / 20_000.0;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 20_000.0;
        // Five standard errors of the mean and of the variance.
        assert!((mean - 3.0).abs() < 5.0 * 2.0 / 20_000_f32.sqrt(), "{mean}");
        assert!((variance - 4.0).abs() < 5.0 * 4.0 * (2.0_f32 / 20_000.0).sqrt(), "{variance}");
    }
}
