//! Principal component analysis: the linear model every autoencoder is compared with.
//!
//! `x^ = m + V Vᵀ (x - m)`, with `m` the mean of the training examples and `V` the eigenvectors of
//! their covariance with the largest eigenvalues: no linear autoencoder of the same code size has a
//! smaller squared error (Baldi and Hornik 1989). Exact, in f64.

use std::ops::Range;

use autoencoder_core::Source;
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par, Side};

use crate::ModelError;

/// How many values are worked on at a time.
const CHUNK: usize = 1 << 21;

/// Principal components of some examples.
#[derive(Clone, Debug)]
pub struct Pca {
    mean: Vec<f64>,
    /// `V`, `[features, components]`.
    components: Mat<f64>,
    explained_variance: Vec<f64>,
    explained_variance_ratio: Vec<f64>,
}

impl Pca {
    /// The first `components` principal components of `source`.
    ///
    /// # Errors
    /// [`ModelError::TooManyComponents`] for more than there are examples or features, or what
    /// reading says.
    pub fn fit(source: &dyn Source, components: usize) -> Result<Self, ModelError> {
        let (examples, features) = (source.len(), source.shape().features());
        if components > examples.min(features) || components == 0 {
            return Err(ModelError::TooManyComponents { components, examples, features });
        }
        let mean = mean(source)?;
        let covariance = covariance(source, &mean)?;
        let eigen = covariance.self_adjoint_eigen(Side::Lower).map_err(|_| ModelError::NoEigenvectors)?;
        // faer sorts the eigenvalues upwards.
        let column = |component: usize| features - 1 - component;
        let variance = |component: usize| eigen.S().column_vector()[column(component)].max(0.0);
        let total: f64 = (0..features).map(variance).sum();
        let signs: Vec<f64> =
            (0..components).map(|k| sign(eigen.U().col(column(k)).iter().copied())).collect();
        Ok(Self {
            components: Mat::from_fn(features, components, |j, k| signs[k] * eigen.U()[(j, column(k))]),
            explained_variance: (0..components).map(variance).collect(),
            explained_variance_ratio: (0..components)
                .map(|k| if total > 0.0 { variance(k) / total } else { 0.0 })
                .collect(),
            mean,
        })
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
        let mut total = 0.0;
        let mut energies = vec![0.0; most];
        for_each_chunk(source, |rows| {
            let centred = self.centred(rows);
            total += centred.iter().map(|value| value * value).sum::<f64>();
            let codes = self.codes(&centred, most);
            for (k, energy) in energies.iter_mut().enumerate() {
                *energy += codes.col(k).squared_norm_l2();
            }
        })?;
        // V has orthonormal columns, so what a component explains leaves the error.
        let error =
            |k: usize| ((total - energies[..k].iter().sum::<f64>()) / examples.max(1) as f64).max(0.0);
        Ok(components.iter().map(|&k| error(k)).collect())
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
    for_each_chunk(source, |rows| {
        for row in rows.chunks_exact(sums.len()) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += f64::from(value);
            }
        }
    })?;
    Ok(sums.into_iter().map(|sum| sum / source.len() as f64).collect())
}

/// The covariance, of which only the lower triangle is filled, divided by `examples - 1`.
fn covariance(source: &dyn Source, mean: &[f64]) -> Result<Mat<f64>, ModelError> {
    let features = mean.len();
    let scale = 1.0 / (source.len().max(2) - 1) as f64;
    let mut covariance = Mat::<f64>::zeros(features, features);
    for_each_chunk(source, |rows| {
        let centred = centred(rows, mean);
        let x = MatRef::from_row_major_slice(&centred, centred.len() / features, features);
        triangular::matmul(
            covariance.as_mut(),
            BlockStructure::TriangularLower,
            Accum::Add,
            x.transpose(),
            BlockStructure::Rectangular,
            x,
            BlockStructure::Rectangular,
            scale,
            Par::rayon(0),
        );
    })?;
    Ok(covariance)
}

fn centred(rows: &[f32], mean: &[f64]) -> Vec<f64> {
    rows.chunks_exact(mean.len())
        .flat_map(|row| row.iter().zip(mean).map(|(&x, m)| f64::from(x) - m))
        .collect()
}

/// Calls `f` with the rows of `source`, some at a time.
fn for_each_chunk(source: &dyn Source, mut f: impl FnMut(&[f32])) -> Result<(), ModelError> {
    let features = source.shape().features();
    let rows = (CHUNK / features.max(1)).max(1);
    let chunks = (0..source.len()).step_by(rows).map(|first| first..source.len().min(first + rows));
    let mut buffer = Vec::new();
    for chunk in chunks {
        let chunk: Range<usize> = chunk;
        buffer.resize(chunk.len() * features, 0.0);
        source.rows(&chunk.collect::<Vec<_>>(), &mut buffer)?;
        f(&buffer);
    }
    Ok(())
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
    fn ellipse() -> Rows {
        let (cos, sin) = (30_f64.to_radians().cos(), 30_f64.to_radians().sin());
        let points = (0..360).flat_map(|degree| {
            let angle = f64::from(degree).to_radians();
            let (a, b) = (3.0 * angle.cos(), angle.sin());
            [(10.0 + cos * a - sin * b) as f32, (-20.0 + sin * a + cos * b) as f32]
        });
        Rows::new(2, points.collect())
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
        let errors = pca.squared_errors(&ellipse(), &[1, 2]).expect("errors");
        assert!((errors[0] - 0.5).abs() < 1e-5, "{errors:?}");
        assert!(errors[1] < 1e-9, "{errors:?}");
    }

    #[test]
    fn reconstruction_at_full_rank_is_exact_and_its_error_agrees_with_the_shortcut() {
        let source = ellipse();
        let mut rows = vec![0.0; 20];
        source.rows(&(0..10).collect::<Vec<_>>(), &mut rows).expect("rows");
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
    fn more_components_than_features_or_examples_are_refused() {
        assert!(matches!(Pca::fit(&ellipse(), 3), Err(ModelError::TooManyComponents { .. })));
        let two = Rows::new(5, vec![0.0; 10]);
        assert!(matches!(Pca::fit(&two, 3), Err(ModelError::TooManyComponents { .. })));
    }
}
