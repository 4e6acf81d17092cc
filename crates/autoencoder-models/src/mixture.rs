//! A mixture of Gaussians over codes: what makes a generative model of an autoencoder that has no prior.

use autoencoder_core::Seed;
use faer::{Mat, Side};
use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_clustering::GaussianMixtureModel;
use ndarray::Array2;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand_distr::StandardNormal;

use crate::ModelError;

/// The most codes that a mixture is fitted to; more change little and take time.
const MOST: usize = 10_000;
/// What is added to each variance, as a share of the mean variance of the codes.
const FLOOR: f64 = 1e-6;

/// A mixture of Gaussians with full covariances, fitted by expectation maximisation.
#[derive(Clone, Debug)]
pub struct GaussianMixture {
    weights: Vec<f64>,
    /// For each component its mean.
    means: Vec<Vec<f64>>,
    /// For each component the lower Cholesky factor of its covariance.
    factors: Vec<Mat<f64>>,
    given_up: Vec<GivenUp>,
}

/// A number of Gaussians that did not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// How many.
    pub components: usize,
    /// What happened.
    pub reason: String,
}

impl GaussianMixture {
    /// Fits a mixture of up to `components` Gaussians to `codes`, `[examples, codes]` row by row; fewer where
    /// the codes do not support as many. Of more than 10 000 codes, as many evenly spaced ones are taken.
    ///
    /// ```
    /// use autoencoder_core::Seed;
    /// use autoencoder_models::{GaussianMixture, ModelError};
    ///
    /// let codes: Vec<f32> = (0..200).map(|row| if row % 2 == 0 { -5.0 } else { 5.0 } + (row as f32).sin()).collect();
    /// let mixture = GaussianMixture::fit(&codes, 1, 2)?;
    /// assert_eq!(mixture.sample(10, Seed::new(1)).len(), 10);
    /// # Ok::<(), ModelError>(())
    /// ```
    ///
    /// # Errors
    /// [`ModelError::NoMixture`] without codes, or with codes that are not finite.
    pub fn fit(codes: &[f32], code_size: usize, components: usize) -> Result<Self, ModelError> {
        let examples = codes.len() / code_size.max(1);
        let no_mixture = |message: &str| ModelError::NoMixture { examples, message: message.to_owned() };
        if examples == 0 {
            return Err(no_mixture("there are none"));
        }
        if codes.iter().any(|code| !code.is_finite()) {
            return Err(no_mixture("one of them is not finite"));
        }
        let looked_at = examples.min(MOST);
        let rows: Vec<f64> = (0..looked_at)
            .map(|row| row * examples / looked_at)
            .flat_map(|row| &codes[row * code_size..(row + 1) * code_size])
            .map(|&code| f64::from(code))
            .collect();
        let rows = Array2::from_shape_vec((rows.len() / code_size, code_size), rows)
            .map_err(|error| no_mixture(&error.to_string()))?;
        let spread = rows.var_axis(ndarray::Axis(0), 0.0).mean().filter(|&spread| spread > 0.0);
        let data = DatasetBase::from(rows);
        let mut components = components.clamp(1, data.records.nrows());
        let mut given_up = Vec::new();
        loop {
            let fitted = GaussianMixtureModel::params(components)
                .reg_covariance(FLOOR * spread.unwrap_or(1.0))
                .max_n_iterations(200)
                .fit(&data);
            match fitted {
                Ok(model) => {
                    let mixture = Self::of(&model).ok_or_else(|| no_mixture("a covariance is singular"))?;
                    return Ok(Self { given_up, ..mixture });
                }
                // A component ran out of codes, or the fit did not settle.
                Err(error) if components > 1 => {
                    given_up.push(GivenUp { components, reason: error.to_string() });
                    components /= 2;
                }
                Err(error) => return Err(no_mixture(&error.to_string())),
            }
        }
    }

    fn of(model: &GaussianMixtureModel<f64>) -> Option<Self> {
        let factors = model.covariances().outer_iter().map(|covariance| {
            let matrix = Mat::from_fn(covariance.nrows(), covariance.ncols(), |i, j| covariance[[i, j]]);
            Some(matrix.llt(Side::Lower).ok()?.L().to_owned())
        });
        Some(Self {
            weights: model.weights().to_vec(),
            means: model.means().outer_iter().map(|mean| mean.to_vec()).collect(),
            factors: factors.collect::<Option<_>>()?,
            given_up: Vec::new(),
        })
    }

    /// The number of Gaussians.
    pub fn components(&self) -> usize {
        self.weights.len()
    }

    /// The larger numbers of Gaussians that were tried first and did not fit.
    pub fn given_up(&self) -> &[GivenUp] {
        &self.given_up
    }

    /// `count` draws, `[count, codes]` row by row.
    pub fn sample(&self, count: usize, seed: Seed) -> Vec<f32> {
        let mut rng = seed.rng();
        let code_size = self.means[0].len();
        // The weights of a fitted mixture are positive.
        let Ok(choice) = WeightedIndex::new(&self.weights) else { return Vec::new() };
        let mut codes = Vec::with_capacity(count * code_size);
        for _ in 0..count {
            let component = choice.sample(&mut rng);
            let noise: Vec<f64> = (0..code_size).map(|_| StandardNormal.sample(&mut rng)).collect();
            let factor = &self.factors[component];
            codes.extend((0..code_size).map(|row| {
                let spread: f64 = (0..=row).map(|column| factor[(row, column)] * noise[column]).sum();
                (self.means[component][row] + spread) as f32
            }));
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clouds of 2000 points each, about (-4, 0) and (4, 1), the second with correlated coordinates.
    fn codes() -> Vec<f32> {
        let mut rng = Seed::new(3).rng();
        let mut normal = || -> f32 { StandardNormal.sample(&mut rng) };
        (0..4000)
            .flat_map(|index| {
                let (a, b) = (normal(), normal());
                if index % 2 == 0 { [a - 4.0, b] } else { [4.0 + a, 1.0 + 0.9 * a + 0.1 * b] }
            })
            .collect()
    }

    #[test]
    fn samples_have_the_moments_of_what_the_mixture_was_fitted_to() {
        let mixture = GaussianMixture::fit(&codes(), 2, 2).expect("fitted");
        assert_eq!(mixture.components(), 2);
        let samples = mixture.sample(20_000, Seed::new(1));
        let right: Vec<&[f32]> = samples.chunks_exact(2).filter(|point| point[0] > 0.0).collect();
        assert!((right.len() as f64 / 20_000.0 - 0.5).abs() < 0.02, "{}", right.len());
        let n = right.len() as f32;
        let mean = |f: &dyn Fn(&[f32]) -> f32| right.iter().map(|point| f(point)).sum::<f32>() / n;
        assert!((mean(&|p| p[0]) - 4.0).abs() < 0.1);
        assert!((mean(&|p| p[1]) - 1.0).abs() < 0.1);
        assert!((mean(&|p| (p[0] - 4.0) * (p[1] - 1.0)) - 0.9).abs() < 0.1);
        // Between the clouds there is nothing.
        assert!(samples.chunks_exact(2).filter(|point| point[0].abs() < 0.5).count() < 20);
    }

    #[test]
    fn the_seed_decides_the_samples() {
        let mixture = GaussianMixture::fit(&codes(), 2, 3).expect("fitted");
        assert_eq!(mixture.sample(5, Seed::new(1)), mixture.sample(5, Seed::new(1)));
        assert_ne!(mixture.sample(5, Seed::new(1)), mixture.sample(5, Seed::new(2)));
    }

    #[test]
    fn too_few_or_equal_codes_get_fewer_components_and_bad_ones_are_refused() {
        assert_eq!(GaussianMixture::fit(&[1.0, 2.0], 2, 10).expect("fitted").components(), 1);
        let equal = GaussianMixture::fit(&[1.0; 40], 2, 4).expect("fitted");
        // What was given up on the way is said, not passed over.
        assert_eq!(equal.given_up().first().map(|given_up| given_up.components), Some(4));
        assert!(equal.sample(9, Seed::new(1)).iter().all(|code| (code - 1.0).abs() < 1e-2));
        assert!(matches!(GaussianMixture::fit(&[], 2, 3), Err(ModelError::NoMixture { .. })));
        assert!(matches!(GaussianMixture::fit(&[f32::NAN; 4], 2, 3), Err(ModelError::NoMixture { .. })));
    }
}
