//! The evidence of a variational model: its lower bound, and an estimate by importance sampling.

use autoencoder_core::{
    Autoencoder, Code, DataError, DiagonalGaussian, Loss, Seed, Source, Support, for_each_chunk,
    standard_normal,
};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arrays::{check_shape, for_each_batch};
use crate::on::On;

/// `-ln p(x)` and its upper bound, in nats, averaged over examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The number of examples.
    pub examples: usize,
    /// The number of samples of the posterior for each example.
    pub samples: usize,
    /// `E_q[-ln p(x|h)]`.
    pub reconstruction: f64,
    /// `KL(q(h|x) || p(h))`, in closed form.
    pub kl: f64,
    /// The negative evidence lower bound: the sum of both.
    pub negative_elbo: f64,
    /// The estimate of `-ln p(x)`, whose mean falls from the bound, with one sample, to the value (Burda, Grosse and
    /// Salakhutdinov 2016, eq. 8); with few samples it is as uncertain as they are. `None` where the loss is no density of these examples: a Bernoulli
    /// variable is 0 or 1, and grey is neither.
    pub negative_log_likelihood: Option<f64>,
    /// The standard error of that estimate from the sampling of codes (not from the choice of examples); `None`
    /// with one sample.
    pub standard_error: Option<f64>,
}

/// About how many codes are decoded at a time.
const CODES: usize = 2000;

impl<A: Autoencoder> On<'_, A> {
    /// The evidence of `model` for the (scaled) examples of `source`, with `samples` codes drawn from each
    /// posterior: `p(x) ≈ 1/k Σ p(x|h_i) p(h_i) / q(h_i|x)`. `None` for a model without a posterior.
    ///
    /// # Errors
    /// [`DataError::WrongShape`] where the examples do not fit the model, or what reading says.
    pub fn evidence(
        &self,
        source: &dyn Source,
        samples: usize,
        seed: Seed,
    ) -> Result<Option<Evidence>, DataError> {
        let Self { model, loss, device, .. } = *self;
        check_shape(model.shape(), source)?;
        let samples = samples.max(1);
        let at_a_time = samples.min(CODES);
        let mut sums = Some(Sums::default());
        let mut batch = 0;
        let is_density = loss.density() != Some(Support::Bits) || holds_bits(source)?;
        for_each_batch(source, (CODES / at_a_time).max(1), device, |x| {
            let Code { posterior: Some(posterior), .. } = model.encode(x.clone()) else {
                sums = None;
                return;
            };
            let Some(sums) = &mut sums else { return };
            let rows = x.dims()[0];
            let mut weights = vec![Vec::with_capacity(samples); rows];
            let seed = seed.at(batch);
            batch += 1;
            for first in (0..samples).step_by(at_a_time) {
                let count = at_a_time.min(samples - first);
                let draw = Draw { posterior: &posterior, count, seed: seed.at(first as u64) };
                let (losses, ratios) = draw.losses_and_ratios(model, loss, &x);
                sums.reconstruction += losses.iter().sum::<f64>();
                for (index, (loss, ratio)) in losses.iter().zip(&ratios).enumerate() {
                    weights[index / count].push(ratio - loss);
                }
            }
            sums.kl += posterior.kl_from_standard().into_data().iter::<f64>().sum::<f64>();
            weights.iter().for_each(|weights| sums.add(weights));
        })?;
        Ok(sums.map(|sums| {
            let evidence = sums.evidence(source.len(), samples);
            let negative_log_likelihood = evidence.negative_log_likelihood.filter(|_| is_density);
            let standard_error = evidence.standard_error.filter(|_| is_density);
            Evidence { negative_log_likelihood, standard_error, ..evidence }
        }))
    }
}

/// Whether every value is 0 or 1.
fn holds_bits(source: &dyn Source) -> Result<bool, DataError> {
    let mut bits = true;
    for_each_chunk(source, |_, rows| {
        bits = bits && rows.iter().all(|&value| value == 0.0 || value == 1.0);
        Ok::<_, DataError>(())
    })?;
    Ok(bits)
}

/// Some codes drawn for each example of a batch.
struct Draw<'a> {
    posterior: &'a DiagonalGaussian,
    count: usize,
    seed: Seed,
}

impl Draw<'_> {
    /// `-ln p(x|h)` and `ln p(h) - ln q(h|x)` for each code, those of one example after the other.
    fn losses_and_ratios<A: Autoencoder>(
        &self,
        model: &A,
        loss: &Loss,
        x: &Tensor<2>,
    ) -> (Vec<f64>, Vec<f64>) {
        let mean = repeat(self.posterior.mean.clone(), self.count);
        let log_variance = repeat(self.posterior.log_variance.clone(), self.count);
        let noise = standard_normal(mean.dims(), self.seed, &mean.device());
        let h = mean + log_variance.clone().mul_scalar(0.5).exp() * noise.clone();
        // The normalisers of both densities are the same.
        let ratio = (noise.clone() * noise + log_variance - h.clone() * h.clone()).mul_scalar(0.5);
        let loss = loss.per_example(model.decode(h), repeat(x.clone(), self.count));
        (loss.into_data().iter().collect(), ratio.sum_dim(1).into_data().iter().collect())
    }
}

/// Each row `count` times, one after the other.
fn repeat(x: Tensor<2>, count: usize) -> Tensor<2> {
    let [rows, columns] = x.dims();
    x.unsqueeze_dim::<3>(1).expand([rows, count, columns]).reshape([rows * count, columns])
}

#[derive(Default)]
struct Sums {
    reconstruction: f64,
    kl: f64,
    log_likelihood: f64,
    variance: f64,
}

impl Sums {
    /// Adds an example by the logarithms of its importance weights.
    fn add(&mut self, log_weights: &[f64]) {
        let greatest = log_weights.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let n = log_weights.len() as f64;
        let weights = || log_weights.iter().map(|weight| (weight - greatest).exp());
        let mean = weights().sum::<f64>() / n;
        self.log_likelihood += greatest + mean.ln();
        // The variance of the logarithm of a mean, to first order.
        let variance = weights().map(|weight| (weight - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        self.variance += variance / (n * mean * mean);
    }

    fn evidence(self, examples: usize, samples: usize) -> Evidence {
        let n = examples.max(1) as f64;
        let (reconstruction, kl) = (self.reconstruction / (n * samples as f64), self.kl / n);
        Evidence {
            examples,
            samples,
            reconstruction,
            kl,
            negative_elbo: reconstruction + kl,
            negative_log_likelihood: Some(-self.log_likelihood / n),
            standard_error: (samples > 1).then(|| self.variance.sqrt() / n),
        }
    }
}
