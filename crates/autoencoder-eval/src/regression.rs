//! How far the answers of a regressor are from the truth.

use serde::Serialize;

/// The answers of a regressor to examples with a number each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Deviations {
    /// The number of examples.
    pub examples: usize,
    /// The root of the mean squared error, in the unit of the numbers.
    pub root_mean_squared_error: f64,
    /// The share of the variance that is explained, `1 - Σ (y^ - y)² / Σ (y - mean)²`; absent where there is no variance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explained_variance_ratio: Option<f64>,
}

impl Deviations {
    /// Of `answers` from `targets`, one each an example.
    ///
    /// ```
    /// use autoencoder_eval::Deviations;
    ///
    /// let off = Deviations::of(&[1.0, 2.0], &[1.0, 4.0]);
    /// assert!((off.root_mean_squared_error - 2.0_f64.sqrt()).abs() < 1e-6);
    /// ```
    pub fn of(answers: &[f32], targets: &[f32]) -> Self {
        let count = targets.len().max(1) as f64;
        let mean = targets.iter().map(|&target| f64::from(target)).sum::<f64>() / count;
        let square = |a: f64, b: f64| (a - b).powi(2);
        let errors: f64 =
            answers.iter().zip(targets).map(|(&answer, &target)| square(answer.into(), target.into())).sum();
        let variance: f64 = targets.iter().map(|&target| square(target.into(), mean)).sum();
        Self {
            examples: targets.len(),
            root_mean_squared_error: (errors / count).sqrt(),
            explained_variance_ratio: (variance > 0.0).then(|| 1.0 - errors / variance),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_and_explained_variance_are_their_definitions() {
        let deviations = Deviations::of(&[1.0, 2.0, 5.0], &[1.0, 3.0, 5.0]);
        assert!((deviations.root_mean_squared_error - (1.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((deviations.explained_variance_ratio.expect("variance") - (1.0 - 1.0 / 8.0)).abs() < 1e-12);
        assert_eq!(Deviations::of(&[1.0], &[2.0]).explained_variance_ratio, None);
    }
}
