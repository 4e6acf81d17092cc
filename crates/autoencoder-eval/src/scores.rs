//! Anomaly scores: how far an example is from what the model learned to reconstruct.

use autoencoder_core::{Autoencoder, DataError, Loss, Source};
use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::arrays::{check_shape, extend, for_each_known};
use crate::on::On;
use crate::threshold::{CONSISTENT, quantile};

impl<A: Autoencoder> On<'_, A> {
    /// The score of each (scaled) example of `source`, `[examples]`; the higher, the more anomalous. It is the squared
    /// error summed over the features that are known; for a variational model the negative evidence lower bound in nats, its reconstruction
    /// taken at the mean of the posterior.
    ///
    /// # Errors
    /// [`DataError::WrongShape`] where the examples do not fit the model, or what reading says.
    pub fn score_samples(&self, source: &dyn Source) -> Result<Vec<f64>, DataError> {
        let Self { model, loss, batch_size, device, .. } = *self;
        check_shape(model.shape(), source)?;
        let mut scores = Vec::with_capacity(source.len());
        for_each_known(source, batch_size, device, |x, known| {
            let code = model.encode(x.clone());
            let output = model.decode(code.h);
            let of_known = |values: Tensor<2>| match &known {
                Some(known) => values * known.clone(),
                None => values,
            };
            let sum = |values: Tensor<2>| values.sum_dim(1).squeeze_dim::<1>(1);
            let of_batch = match (code.posterior, &known) {
                (Some(posterior), None) => loss.per_example(output, x) + posterior.kl_from_standard(),
                (Some(posterior), Some(_)) => {
                    sum(of_known(loss.per_feature(output, x))) + posterior.kl_from_standard()
                }
                (None, _) => sum(of_known(squares(loss, output, x))),
            };
            scores.extend(of_batch.into_data().iter::<f64>());
        })?;
        Ok(scores)
    }

    /// The share of each feature in the squared error of each (scaled) example, `[examples, features]` row by row. A row
    /// sums to 1, or is all zeros where the reconstruction is exact.
    ///
    /// # Errors
    /// Those of [`Self::score_samples`].
    pub fn shares(&self, source: &dyn Source) -> Result<Vec<f32>, DataError> {
        let Self { model, loss, batch_size, device, .. } = *self;
        check_shape(model.shape(), source)?;
        let mut shares = Vec::with_capacity(source.len() * source.shape().features());
        for_each_known(source, batch_size, device, |x, known| {
            let squares = squares(loss, model.decode(model.encode(x.clone()).h), x);
            let squares = known.map_or(squares.clone(), |known| squares * known);
            let total = squares.clone().sum_dim(1).clamp_min(f32::MIN_POSITIVE);
            extend(&mut shares, squares / total);
        })?;
        Ok(shares)
    }
}

/// `(x^ - x)²`, `[batch, features]`.
fn squares(loss: &Loss, output: Tensor<2>, x: Tensor<2>) -> Tensor<2> {
    let difference = loss.reconstruction(output) - x;
    difference.clone() * difference
}

/// How far distances of some kind lie above those of a reference, so that distances of different kinds can be added:
/// with `z = (ln d - median) / s` of the reference's logarithms, `s` their median absolute deviation in units of that of a standard normal distribution, `softplus(z)²`. Above the median it grows as the square
/// of `z`; below it hardly counts, so that being close in one sense does not make up for being far in another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Excess {
    /// Added before the logarithm, so that a perfect reconstruction has one.
    least: f64,
    median: f64,
    deviation: f64,
}

/// The least deviation of logarithms: where nearly all distances are one and the same, others are far only if they are
/// farther by more than rounding.
const LEAST_DEVIATION: f64 = 1e-3;

impl Excess {
    /// The scale of a reference; `None` of no scores.
    pub fn fit(reference: &[f64]) -> Option<Self> {
        let least = (quantile(reference, 0.5)? * 1e-6).max(f64::MIN_POSITIVE);
        let logarithms: Vec<f64> = reference.iter().map(|score| (score + least).ln()).collect();
        let median = quantile(&logarithms, 0.5)?;
        let deviations: Vec<f64> = logarithms.iter().map(|value| (value - median).abs()).collect();
        let squares = deviations.iter().map(|deviation| deviation * deviation).sum::<f64>();
        let deviation = match CONSISTENT * quantile(&deviations, 0.5)? {
            // More than half of all are alike: how far the others lie is what there is to go by.
            0.0 => (squares / deviations.len() as f64).sqrt(),
            deviation => deviation,
        };
        let deviation = deviation.max(LEAST_DEVIATION);
        Some(Self { least, median, deviation })
    }

    /// The excess of a distance, which is not negative.
    pub fn of(&self, distance: f64) -> f64 {
        let z = ((distance + self.least).ln() - self.median) / self.deviation;
        // ln(1 + e^z) without overflow.
        (z.max(0.0) + (-z.abs()).exp().ln_1p()).powi(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excess_has_no_units_grows_and_is_small_below_the_median() {
        let reference: Vec<f64> = (1..=101).map(|i| f64::from(i).powi(2)).collect();
        let thousandfold: Vec<f64> = reference.iter().map(|distance| 1000.0 * distance).collect();
        let (excess, other) =
            (Excess::fit(&reference).expect("one"), Excess::fit(&thousandfold).expect("one"));
        assert!((excess.of(50.0) - other.of(50_000.0)).abs() < 1e-9);
        // At the median softplus(0)², at one deviation above softplus(1)².
        let at = |distance: f64, z: f64| {
            let exact = z.exp().ln_1p().powi(2);
            assert!(
                (excess.of(distance) - exact).abs() < 1e-3 * exact,
                "{distance}: {} {exact}",
                excess.of(distance)
            );
        };
        at(51.0_f64.powi(2), 0.0);
        let logarithms: Vec<f64> = reference.iter().map(|distance| distance.ln()).collect();
        let median = quantile(&logarithms, 0.5).expect("a median");
        let deviations: Vec<f64> = logarithms.iter().map(|value| (value - median).abs()).collect();
        at((median + CONSISTENT * quantile(&deviations, 0.5).expect("one")).exp(), 1.0);
        assert!(excess.of(0.0) < 1e-6 && excess.of(1e9) > excess.of(1e6));
        assert_eq!(Excess::fit(&[]), None);
        // Six of ten alike: one deviation is that of all logarithms, and ten times the median is no million of them.
        let alike = [vec![1.0; 6], vec![2.0, 3.0, 4.0, 5.0]].concat();
        let excess = Excess::fit(&alike).expect("one").of(10.0);
        assert!(excess > 4.0 && excess < 100.0, "{excess}");
    }
}
