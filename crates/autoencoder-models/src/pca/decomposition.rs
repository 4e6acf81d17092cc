//! The leading eigenvectors of a covariance, through whichever matrix is small.

use autoencoder_core::{DataError, Source, for_each_chunk};
use faer::linalg::matmul::matmul;
use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par, Side};

use crate::ModelError;

/// The largest matrix that is decomposed: 75 MB, some seconds on two cores.
pub(super) const MOST: usize = 3072;
/// Up to this size the covariance is decomposed, however few examples there are.
const WHOLE: usize = 1024;
/// What a covariance may cost, in multiplications: some seconds.
const COST: usize = 1 << 39;
/// About how many values of wide examples are held at a time.
const BLOCK: usize = 1 << 24;

/// Leading components with their variances, and the variance along all of them.
pub(super) struct Decomposition {
    /// `[features, components]`, orthonormal columns.
    pub(super) components: Mat<f64>,
    /// The variance along each, largest first.
    pub(super) variances: Vec<f64>,
    pub(super) total: f64,
}

/// How many of the examples a decomposition looks at: all of them, where that can be afforded.
pub(super) fn affordable(examples: usize, features: usize) -> usize {
    if features <= MOST {
        examples.min((COST / (features * features).max(1)).max(MOST))
    } else {
        examples.min(MOST)
    }
}

/// The decomposition of the covariance of `source`, whose mean is `mean`.
pub(super) fn decompose(
    source: &dyn Source,
    mean: &[f64],
    components: usize,
) -> Result<Decomposition, ModelError> {
    if mean.len() <= source.len() || mean.len() <= WHOLE {
        let covariance = covariance(source, mean)?;
        let total = trace(&covariance);
        let (variances, components) = leading(covariance, components)?;
        return Ok(Decomposition { components, variances, total });
    }
    // X Xᵀ has the eigenvalues of Xᵀ X; where X Xᵀ u = λ u, Xᵀ u / sqrt(λ) is the eigenvector of Xᵀ X.
    let gram = gram(source, mean)?;
    let total = trace(&gram);
    let (mut variances, mut left) = leading(gram, components)?;
    // Below the rounding of the largest there is no direction: what stands there is noise, and Xᵀ u would make a unit
    // vector of it that is orthogonal to nothing.
    let least = f64::EPSILON * source.len() as f64 * variances.first().copied().unwrap_or(0.0);
    for (k, variance) in variances.iter_mut().enumerate().filter(|(_, variance)| **variance <= least) {
        *variance = 0.0;
        left.col_mut(k).fill(0.0);
    }
    let components = right_vectors(source, mean, &left)?;
    Ok(Decomposition { components, variances, total })
}

fn trace(matrix: &Mat<f64>) -> f64 {
    (0..matrix.nrows()).map(|i| matrix[(i, i)]).sum()
}

/// The leading eigenpairs of a symmetric matrix, of which only the lower triangle is filled. All are found, however few are
/// asked for: iterations for some of them miss repeated eigenvalues, and with a flat spectrum they may never end.
fn leading(matrix: Mat<f64>, count: usize) -> Result<(Vec<f64>, Mat<f64>), ModelError> {
    let size = matrix.nrows();
    let eigen = matrix.self_adjoint_eigen(Side::Lower).map_err(|_| ModelError::NoEigenvectors)?;
    // faer sorts the eigenvalues upwards.
    let column = |component: usize| size - 1 - component;
    let values = (0..count).map(|k| eigen.S().column_vector()[column(k)].max(0.0)).collect();
    Ok((values, Mat::from_fn(size, count, |i, k| eigen.U()[(i, column(k))])))
}

/// The covariance, of which only the lower triangle is filled, divided by `examples - 1`.
fn covariance(source: &dyn Source, mean: &[f64]) -> Result<Mat<f64>, ModelError> {
    let features = mean.len();
    let scale = 1.0 / (source.len().max(2) - 1) as f64;
    let mut covariance = Mat::<f64>::zeros(features, features);
    for_each_chunk(source, |_, rows| {
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
        Ok::<_, ModelError>(())
    })?;
    Ok(covariance)
}

/// `X Xᵀ` of the centred examples, lower triangle, divided by `examples - 1`; blocks of rows are read in pairs.
fn gram(source: &dyn Source, mean: &[f64]) -> Result<Mat<f64>, ModelError> {
    let (examples, features) = (source.len(), mean.len());
    let rows = (BLOCK / features.max(1)).max(1);
    let scale = 1.0 / (examples.max(2) - 1) as f64;
    let mut gram = Mat::<f64>::zeros(examples, examples);
    for first in (0..examples).step_by(rows) {
        let lower = block(source, mean, first, rows)?;
        for other in (0..=first).step_by(rows) {
            let product = if other == first {
                lower.as_ref() * lower.transpose()
            } else {
                lower.as_ref() * block(source, mean, other, rows)?.transpose()
            };
            for j in 0..product.ncols() {
                for i in 0..product.nrows() {
                    gram[(first + i, other + j)] = scale * product[(i, j)];
                }
            }
        }
    }
    Ok(gram)
}

/// `Xᵀ U` with columns of length 1; a column without variance is left as zeros.
fn right_vectors(source: &dyn Source, mean: &[f64], left: &Mat<f64>) -> Result<Mat<f64>, ModelError> {
    let rows = (BLOCK / mean.len().max(1)).max(1);
    let mut components = Mat::<f64>::zeros(mean.len(), left.ncols());
    for first in (0..source.len()).step_by(rows) {
        let x = block(source, mean, first, rows)?;
        let left = left.subrows(first, x.nrows());
        matmul(components.as_mut(), Accum::Add, x.transpose(), left, 1.0, Par::rayon(0));
    }
    for k in 0..components.ncols() {
        let length = components.col(k).norm_l2();
        let scale = if length > 0.0 { 1.0 / length } else { 0.0 };
        components.col_mut(k).iter_mut().for_each(|value| *value *= scale);
    }
    Ok(components)
}

/// Up to `rows` centred examples from `first` on.
fn block(source: &dyn Source, mean: &[f64], first: usize, rows: usize) -> Result<Mat<f64>, DataError> {
    let rows = first..source.len().min(first + rows);
    let values = source.read(rows.clone())?;
    Ok(Mat::from_fn(rows.len(), mean.len(), |i, j| f64::from(values[i * mean.len() + j]) - mean[j]))
}

/// Rows less the mean of each column.
pub(super) fn centred(rows: &[f32], mean: &[f64]) -> Vec<f64> {
    rows.chunks_exact(mean.len())
        .flat_map(|row| row.iter().zip(mean).map(|(&x, m)| f64::from(x) - m))
        .collect()
}
