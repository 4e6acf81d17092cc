//! Principal component analysis: the linear model every autoencoder is compared with.
//!
//! `x^ = m + V Vᵀ (x - m)`, with `m` the mean of the training examples and `V` the eigenvectors of
//! their covariance with the largest eigenvalues: no linear autoencoder of the same code size has a
//! smaller squared error (Baldi and Hornik 1989). Exact, in f64.

mod decomposition;

use std::sync::Arc;

use autoencoder_core::{Source, Subset, for_each_chunk};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};

use crate::ModelError;
use decomposition::{Decomposition, affordable, centred, decompose};

/// The most numbers that components may take: one GiB.
const MOST_NUMBERS: usize = 1 << 27;

/// Principal components of some examples.
#[derive(Clone, Debug)]
pub struct Pca {
    mean: Vec<f64>,
    /// `V`, `[features, components]`.
    components: Mat<f64>,
    explained_variance: Vec<f64>,
    explained_variance_ratio: Vec<f64>,
    examples: usize,
}

impl Pca {
    /// The first `components` principal components of `source`. Exact where examples have up to 3072 features,
    /// or where there are at most 3072 examples; of more, as many as can be afforded are looked at, evenly spaced
    /// ([`Self::examples`] says how many). What it decomposes is at most 3072 by 3072, 75 MB.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use autoencoder_core::{ExampleShape, Source};
    /// # use autoencoder_core::testing::Rows;
    /// use autoencoder_models::{ModelError, Pca};
    ///
    /// // Points of a line in the plane: one component holds all there is.
    /// # let points = (0..50).flat_map(|row| [row as f32, 2.0 * row as f32]).collect();
    /// # let rows: Arc<dyn Source> = Arc::new(Rows::new(2, points));
    /// let pca = Pca::fit(&rows, 1)?;
    /// assert!(pca.explained_variance_ratio()[0] > 0.999);
    /// assert!(pca.squared_error_per_example(rows.as_ref())? < 1e-3);
    /// # let _ = ExampleShape::Flat(2);
    /// # Ok::<(), ModelError>(())
    /// ```
    ///
    /// # Errors
    /// [`ModelError::TooManyComponents`] for more than there are examples or features,
    /// [`ModelError::LargeComponents`] for more than a GiB of them, or what reading says.
    pub fn fit(source: &Arc<dyn Source>, components: usize) -> Result<Self, ModelError> {
        let (examples, features) = (source.len(), source.shape().features());
        let looked_at = affordable(examples, features);
        if components > looked_at.min(features) || components == 0 {
            return Err(ModelError::TooManyComponents { components, examples: looked_at, features });
        }
        if components.saturating_mul(features) > MOST_NUMBERS {
            return Err(ModelError::LargeComponents { components, features });
        }
        let some = (0..looked_at).map(|row| row * examples / looked_at).collect();
        let source = Subset::new(Arc::clone(source), some)?;
        let mean = mean(&source)?;
        let Decomposition { mut components, variances, total } = decompose(&source, &mean, components)?;
        for k in 0..components.ncols() {
            let sign = sign(components.col(k).iter().copied());
            components.col_mut(k).iter_mut().for_each(|entry| *entry *= sign);
        }
        let ratio = |variance: &f64| if total > 0.0 { variance / total } else { 0.0 };
        Ok(Self {
            components,
            explained_variance_ratio: variances.iter().map(ratio).collect(),
            explained_variance: variances,
            examples: looked_at,
            mean,
        })
    }

    /// A decomposition of which only numbers are left: the mean, `[features]`, the components one after the other,
    /// `[components, features]`, and the variance along each. `None` where they do not fit each other. What it was fitted to,
    /// and the share of the variance, are not known.
    pub fn of_numbers(mean: Vec<f64>, components: &[f64], explained_variance: Vec<f64>) -> Option<Self> {
        let (features, count) = (mean.len(), explained_variance.len());
        (features * count == components.len() && features > 0).then(|| Self {
            components: Mat::from_fn(features, count, |feature, component| {
                components[component * features + feature]
            }),
            explained_variance_ratio: vec![f64::NAN; count],
            explained_variance,
            examples: 0,
            mean,
        })
    }

    /// The first components alone.
    pub fn truncated(&self, components: usize) -> Self {
        let count = components.min(self.explained_variance.len());
        Self {
            components: self.components.subcols(0, count).to_owned(),
            explained_variance: self.explained_variance[..count].to_vec(),
            explained_variance_ratio: self.explained_variance_ratio[..count].to_vec(),
            mean: self.mean.clone(),
            examples: self.examples,
        }
    }

    /// How many examples it was fitted to.
    pub fn examples(&self) -> usize {
        self.examples
    }

    /// The mean of the training examples, `[features]`.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Entry `feature` of component `component`, a unit vector whose greatest entry in magnitude is
    /// positive.
    pub fn component(&self, component: usize, feature: usize) -> f64 {
        self.components[(feature, component)]
    }

    /// The variance along each component, divided by `examples - 1` as in scikit-learn.
    pub fn explained_variance(&self) -> &[f64] {
        &self.explained_variance
    }

    /// The share of the total variance along each component.
    pub fn explained_variance_ratio(&self) -> &[f64] {
        &self.explained_variance_ratio
    }

    /// The codes `(x - m) V` of rows one after the other: `[rows, components]`.
    pub fn transform(&self, rows: &[f32]) -> Vec<f32> {
        let codes = self.codes(&self.centred(rows), self.components.ncols());
        row_major(codes.as_ref())
    }

    /// The examples `m + h Vᵀ` of codes one after the other: `[rows, features]`.
    pub fn inverse_transform(&self, codes: &[f32]) -> Vec<f32> {
        let components = self.components.ncols();
        let codes: Vec<f64> = codes.iter().map(|&code| f64::from(code)).collect();
        let codes = MatRef::from_row_major_slice(&codes, codes.len() / components, components);
        let mut rows = Mat::<f64>::zeros(codes.nrows(), self.mean.len());
        matmul(rows.as_mut(), Accum::Replace, codes, self.components.transpose(), 1.0, Par::rayon(0));
        for (j, mean) in self.mean.iter().enumerate() {
            rows.col_mut(j).iter_mut().for_each(|value| *value += mean);
        }
        row_major(rows.as_ref())
    }

    /// The squared error of the reconstruction, summed over features and averaged over examples.
    ///
    /// # Errors
    /// What reading says.
    pub fn squared_error_per_example(&self, source: &dyn Source) -> Result<f64, ModelError> {
        Ok(self.squared_errors(source, &[self.components.ncols()])?[0])
    }

    /// The same with only the first `k` components, for each `k` of `components`: one decomposition
    /// serves a whole curve.
    ///
    /// # Errors
    /// [`ModelError::TooManyComponents`] for a `k` beyond those fitted, or what reading says.
    pub fn squared_errors(&self, source: &dyn Source, components: &[usize]) -> Result<Vec<f64>, ModelError> {
        let (examples, features) = (source.len(), source.shape().features());
        let most = components.iter().copied().max().unwrap_or(0);
        if most > self.components.ncols() {
            return Err(ModelError::TooManyComponents { components: most, examples, features });
        }
        if let Some(errors) = self.known_errors(source, components)? {
            let mean = |of: Vec<f64>| of.iter().sum::<f64>() / examples.max(1) as f64;
            return Ok(errors.into_iter().map(mean).collect());
        }
        let mut total = 0.0;
        let mut energies = vec![0.0; most];
        for_each_chunk(source, |_, rows| {
            let centred = self.centred(rows);
            total += centred.iter().map(|value| value * value).sum::<f64>();
            let codes = self.codes(&centred, most);
            for (k, energy) in energies.iter_mut().enumerate() {
                *energy += codes.col(k).squared_norm_l2();
            }
            Ok::<_, ModelError>(())
        })?;
        // V has orthonormal columns, so what a component explains leaves the error.
        let error =
            |k: usize| ((total - energies[..k].iter().sum::<f64>()) / examples.max(1) as f64).max(0.0);
        Ok(components.iter().map(|&k| error(k)).collect())
    }

    /// The squared error of each example, summed over features: `[examples]`.
    ///
    /// # Errors
    /// What reading says.
    pub fn score_samples(&self, source: &dyn Source) -> Result<Vec<f64>, ModelError> {
        if let Some(mut errors) = self.known_errors(source, &[self.components.ncols()])? {
            return Ok(errors.pop().unwrap_or_default());
        }
        let mut scores = Vec::with_capacity(source.len());
        for_each_chunk(source, |_, rows| {
            let centred = self.centred(rows);
            let codes = self.codes(&centred, self.components.ncols());
            for (row, x) in centred.chunks_exact(self.mean.len()).enumerate() {
                let of_x: f64 = x.iter().map(|value| value * value).sum();
                // V has orthonormal columns, so what the components explain leaves the error.
                scores.push((of_x - codes.row(row).squared_norm_l2()).max(0.0));
            }
            Ok::<_, ModelError>(())
        })?;
        Ok(scores)
    }

    /// The squared error of each example, with the first `k` components for each `k`, over the values that are known, where
    /// some were filled in: what was filled in is reconstructed all too well. `None` where all are known.
    fn known_errors(
        &self,
        source: &dyn Source,
        components: &[usize],
    ) -> Result<Option<Vec<Vec<f64>>>, ModelError> {
        let features = self.mean.len();
        if source.is_empty() || !source.known(&[0], &mut vec![0.0; features])? {
            return Ok(None);
        }
        let few: Vec<Self> = components.iter().map(|&k| self.truncated(k)).collect();
        let mut errors = vec![Vec::with_capacity(source.len()); components.len()];
        for_each_chunk(source, |first, rows| {
            let mut known = vec![0.0; rows.len()];
            source.known(&(first..first + rows.len() / features).collect::<Vec<_>>(), &mut known)?;
            for (pca, errors) in few.iter().zip(&mut errors) {
                let back = pca.inverse_transform(&pca.transform(rows));
                let squares: Vec<f64> = rows
                    .iter()
                    .zip(&back)
                    .zip(&known)
                    .map(|((x, y), known)| f64::from(*known) * (f64::from(*x) - f64::from(*y)).powi(2))
                    .collect();
                errors.extend(squares.chunks_exact(features).map(|row| row.iter().sum::<f64>()));
            }
            Ok::<_, ModelError>(())
        })?;
        Ok(Some(errors))
    }

    /// Hotelling's T² of each example: the squared distance from the mean in the fitted components, each in units of its
    /// standard deviation, `[examples]`. With all components it is the squared Mahalanobis distance. Directions of
    /// less than a millionth of the mean variance count as if they had that much.
    ///
    /// # Errors
    /// What reading says.
    pub fn squared_distances(&self, source: &dyn Source) -> Result<Vec<f64>, ModelError> {
        let total: f64 = self.explained_variance.iter().sum();
        let least = (1e-6 * total / self.explained_variance.len() as f64).max(f64::MIN_POSITIVE);
        let mut distances = Vec::with_capacity(source.len());
        for_each_chunk(source, |_, rows| {
            let codes = self.codes(&self.centred(rows), self.components.ncols());
            distances.extend((0..codes.nrows()).map(|row| -> f64 {
                let terms = codes.row(row).iter().zip(&self.explained_variance);
                terms.map(|(code, variance)| code * code / (variance + least)).sum()
            }));
            Ok::<_, ModelError>(())
        })?;
        Ok(distances)
    }

    fn centred(&self, rows: &[f32]) -> Vec<f64> {
        centred(rows, &self.mean)
    }

    fn codes(&self, centred: &[f64], components: usize) -> Mat<f64> {
        let rows = MatRef::from_row_major_slice(centred, centred.len() / self.mean.len(), self.mean.len());
        let mut codes = Mat::zeros(rows.nrows(), components);
        let components = self.components.subcols(0, components);
        matmul(codes.as_mut(), Accum::Replace, rows, components, 1.0, Par::rayon(0));
        codes
    }
}

fn mean(source: &dyn Source) -> Result<Vec<f64>, ModelError> {
    let mut sums = vec![0.0; source.shape().features()];
    let features = sums.len();
    for_each_chunk(source, |_, rows| {
        for row in rows.chunks_exact(features) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += f64::from(value);
            }
        }
        Ok::<_, ModelError>(())
    })?;
    Ok(sums.into_iter().map(|sum| sum / source.len() as f64).collect())
}

/// The sign that makes the greatest entry in magnitude positive.
fn sign(entries: impl Iterator<Item = f64>) -> f64 {
    let greatest = entries.fold(0.0_f64, |best, entry| if entry.abs() > best.abs() { entry } else { best });
    if greatest < 0.0 { -1.0 } else { 1.0 }
}

fn row_major(matrix: MatRef<'_, f64>) -> Vec<f32> {
    (0..matrix.nrows()).flat_map(|i| (0..matrix.ncols()).map(move |j| matrix[(i, j)] as f32)).collect()
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::Rows;

    use super::*;

    /// Points on an ellipse around (10, -20): the axes are turned by 30 degrees, with radii 3 and 1.
    fn ellipse() -> Arc<dyn Source> {
        let (cos, sin) = (30_f64.to_radians().cos(), 30_f64.to_radians().sin());
        let points = (0..360).flat_map(|degree| {
            let angle = f64::from(degree).to_radians();
            let (a, b) = (3.0 * angle.cos(), angle.sin());
            [(10.0 + cos * a - sin * b) as f32, (-20.0 + sin * a + cos * b) as f32]
        });
        Arc::new(Rows::new(2, points.collect()))
    }

    #[test]
    fn components_and_variances_of_a_turned_ellipse_are_its_axes() {
        let pca = Pca::fit(&ellipse(), 2).expect("two components");
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-5, "{a} {b}");
        close(pca.mean()[0], 10.0);
        close(pca.component(0, 0), 30_f64.to_radians().cos());
        close(pca.component(0, 1), 30_f64.to_radians().sin());
        // The mean of (r cos)² over the circle is r² / 2; the sample variance divides by n - 1.
        close(pca.explained_variance()[0], 4.5 * 360.0 / 359.0);
        close(pca.explained_variance()[1], 0.5 * 360.0 / 359.0);
        close(pca.explained_variance_ratio()[0], 0.9);
    }

    #[test]
    fn the_error_is_the_variance_that_is_left_out() {
        let pca = Pca::fit(&ellipse(), 2).expect("two components");
        let errors = pca.squared_errors(ellipse().as_ref(), &[1, 2]).expect("errors");
        assert!((errors[0] - 0.5).abs() < 1e-5, "{errors:?}");
        assert!(errors[1] < 1e-9, "{errors:?}");
    }

    #[test]
    fn reconstruction_at_full_rank_is_exact_and_its_error_agrees_with_the_shortcut() {
        let source = ellipse();
        let rows = source.read(0..10).expect("rows");
        let full = Pca::fit(&source, 2).expect("two components");
        let back = full.inverse_transform(&full.transform(&rows));
        assert!(rows.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-5));
        let one = Pca::fit(&source, 1).expect("one component");
        let back = one.inverse_transform(&one.transform(&rows));
        let by_hand: f64 = rows.iter().zip(&back).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 10.0;
        let shortcut = one.squared_error_per_example(&Rows::new(2, rows)).expect("an error");
        assert!((by_hand - shortcut).abs() < 1e-4, "{by_hand} {shortcut}");
    }

    #[test]
    fn scores_are_errors_and_distances_of_each_example() {
        let source = ellipse();
        let line = Pca::fit(&source, 1).expect("a line");
        let scores = line.score_samples(source.as_ref()).expect("scores");
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let exact = line.squared_error_per_example(source.as_ref()).expect("an error");
        assert!((mean - exact).abs() < 1e-9, "{mean} {exact}");
        // Every point of an ellipse is as far from its centre, in units of the standard deviations: by sqrt(2).
        let plane = Pca::fit(&source, 2).expect("a plane");
        let distances = plane.squared_distances(source.as_ref()).expect("distances");
        assert!(distances.iter().all(|distance| (distance - 2.0).abs() < 0.02), "{distances:?}");
    }

    #[test]
    fn more_components_than_features_or_examples_are_refused() {
        assert!(matches!(Pca::fit(&ellipse(), 3), Err(ModelError::TooManyComponents { .. })));
        let two: Arc<dyn Source> = Arc::new(Rows::new(5, vec![0.0; 10]));
        assert!(matches!(Pca::fit(&two, 3), Err(ModelError::TooManyComponents { .. })));
    }

    /// Rows of rank three with a little noise, each feature its own mixture.
    fn wide(examples: usize, features: usize) -> Arc<dyn Source> {
        let value = |i: usize, j: usize| {
            let (i, j) = (i as f64, j as f64);
            let waves = (i * 0.31).sin() * (j * 0.011).cos() * 9.0
                + (i * 0.73).cos() * (j * 0.023).sin() * 5.0
                + (i * 1.7).sin() * (j * 0.041).cos() * 2.0;
            (waves + 0.05 * ((i * 13.0 + j * 7.0) * 0.618).sin()) as f32
        };
        let values = (0..examples).flat_map(|i| (0..features).map(move |j| value(i, j))).collect();
        Arc::new(Rows::new(features, values))
    }

    #[test]
    fn wide_examples_through_their_gram_matrix_have_the_components_of_the_covariance() {
        let source = wide(40, 1100);
        let by_gram = Pca::fit(&source, 3).expect("components");
        // With as many rows as features the covariance is decomposed; repeating each row changes no component.
        let rows = (0..40 * 28).map(|row| row / 28).collect();
        let repeated: Arc<dyn Source> = Arc::new(Subset::new(source, rows).expect("rows"));
        let by_covariance = Pca::fit(&repeated, 3).expect("components");
        let scale = (1119.0 / 28.0) / 39.0;
        let features = 1100;
        for k in 0..3 {
            let (x, y) = (by_gram.explained_variance()[k], by_covariance.explained_variance()[k] * scale);
            assert!((x - y).abs() < 1e-6 * x, "{x} {y}");
            let cosine: f64 =
                (0..features).map(|j| by_gram.component(k, j) * by_covariance.component(k, j)).sum();
            assert!((cosine.abs() - 1.0).abs() < 1e-6, "{cosine}");
        }
    }

    #[test]
    fn beyond_the_rank_of_wide_examples_there_are_no_components() {
        // Twenty rows, each twice: nineteen directions about their mean.
        let rows = (0..40).map(|row| row / 2).collect();
        let source: Arc<dyn Source> = Arc::new(Subset::new(noise(20, 1100), rows).expect("rows"));
        let pca = Pca::fit(&source, 30).expect("components");
        let of_rank = |k: usize| pca.explained_variance()[k] > 0.0;
        assert!((0..19).all(of_rank) && !(19..30).any(of_rank), "{:?}", pca.explained_variance());
        // The components explain no more than there is: of rows that were not fitted nothing is left out twice.
        let other = noise(60, 1100);
        let rows = other.read(0..60).expect("rows");
        let back = pca.inverse_transform(&pca.transform(&rows));
        let by_hand: f64 = rows.iter().zip(&back).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 60.0;
        let shortcut = pca.squared_error_per_example(other.as_ref()).expect("an error");
        assert!((by_hand - shortcut).abs() < 1e-4 * by_hand, "{by_hand} {shortcut}");
    }

    #[test]
    fn repeated_and_flat_eigenvalues_of_a_large_matrix_are_all_found() {
        // Two thousand rows along the axes: the first three share the greatest variance, all others are alike.
        let features = 1100;
        let value = |row: usize, j: usize| match (row % features == j, row / features) {
            (false, _) => 0.0,
            (true, sign) => (if j < 3 { 9.0 } else { 1.0 }) * if sign == 0 { 1.0 } else { -1.0 },
        };
        let values = (0..2 * features).flat_map(|row| (0..features).map(move |j| value(row, j))).collect();
        let source: Arc<dyn Source> = Arc::new(Rows::new(features, values));
        let pca = Pca::fit(&source, 5).expect("components");
        let of = |k: usize| pca.explained_variance()[k] * (2 * features - 1) as f64 / 2.0;
        for (k, expected) in [81.0, 81.0, 81.0, 1.0, 1.0].into_iter().enumerate() {
            assert!((of(k) - expected).abs() < 1e-6, "{k}: {}", of(k));
        }
    }

    fn noise(examples: usize, features: usize) -> Arc<dyn Source> {
        use autoencoder_core::Seed;
        use rand::Rng as _;
        let mut rng = Seed::new(examples as u64).rng();
        let value = |_| rng.next_u32() as f32 / u32::MAX as f32;
        Arc::new(Rows::new(features, (0..examples * features).map(value).collect()))
    }

    #[test]
    fn many_wide_examples_are_fitted_on_as_many_as_can_be_afforded() {
        let pca = Pca::fit(&wide(3200, 3100), 3).expect("components");
        assert_eq!(pca.examples(), decomposition::MOST);
        let error = pca.squared_error_per_example(wide(50, 3100).as_ref()).expect("an error");
        assert!(error < 3100.0 * 0.0025, "{error}");
    }
}
