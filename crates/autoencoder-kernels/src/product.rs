//! Products of matrices whose sizes and strides were checked.
#![allow(
    unsafe_code,
    reason = "the matrix product takes pointers; every one is checked against its slice here"
)]

use gemm::Parallelism;

/// A matrix in a slice, row by row or column by column.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    row_stride: usize,
    column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `[rows, columns]`, one row after the other.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        assert_eq!(values.len(), rows * columns, "a matrix of {rows} by {columns}");
        Self { values, rows, columns, row_stride: columns, column_stride: 1 }
    }

    /// The transpose of the same memory.
    pub(crate) fn transpose(self) -> Self {
        let Self { values, rows, columns, row_stride, column_stride } = self;
        Self { values, rows: columns, columns: rows, row_stride: column_stride, column_stride: row_stride }
    }

    /// The index after the last element.
    fn end(self) -> usize {
        match self.rows * self.columns {
            0 => 0,
            _ => (self.rows - 1) * self.row_stride + (self.columns - 1) * self.column_stride + 1,
        }
    }
}

/// What becomes of the memory that a product is written to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Into {
    /// It is overwritten.
    Replace,
    /// The product is added to it.
    Add,
}

/// Multiplications below which a hand-over to another thread costs more than it saves.
const SMALL: usize = 1 << 21;

/// `to = left right`, or `to += left right`, on this thread; `to` is row by row.
pub(crate) fn product(to: &mut [f32], into: Into, left: Matrix<'_>, right: Matrix<'_>) {
    let (rows, inner, columns) = sizes(left, right);
    assert_eq!(to.len(), rows * columns, "the sizes of a product");
    if inner == 0 && into == Into::Replace {
        to.fill(0.0);
    }
    if rows * columns * inner == 0 {
        return;
    }
    // SAFETY: `to` has rows * columns elements, all initialised, and is borrowed mutably, so it overlaps neither
    // matrix.
    unsafe { multiply(to.as_mut_ptr(), into, left, right, Parallelism::None) }
}

/// `left right`, row by row, on several threads where it is large. Each element is summed in the same order on any
/// number of threads: only rows and columns are shared out.
pub(crate) fn multiplied(left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
    let (rows, inner, columns) = sizes(left, right);
    let work = rows * columns * inner;
    if work == 0 {
        return vec![0.0; rows * columns];
    }
    let parallelism = if work < SMALL { Parallelism::None } else { Parallelism::Rayon(0) };
    let mut to = Vec::with_capacity(rows * columns);
    // SAFETY: the vector has room for rows * columns elements and nobody else knows it. With `Replace` nothing is
    // read from it and every element is written, so all are initialised when the length is set.
    unsafe {
        multiply(to.as_mut_ptr(), Into::Replace, left, right, parallelism);
        to.set_len(rows * columns);
    }
    to
}

/// Rows, inner size and columns of a product.
fn sizes(left: Matrix<'_>, right: Matrix<'_>) -> (usize, usize, usize) {
    assert_eq!(left.columns, right.rows, "the inner sizes of a product");
    (left.rows, left.columns, right.columns)
}

/// # Safety
/// `to` must be valid for writes of `left.rows * right.columns` elements, which with [`Into::Add`] are initialised,
/// and overlap neither matrix. No size may be zero.
unsafe fn multiply(to: *mut f32, into: Into, left: Matrix<'_>, right: Matrix<'_>, parallelism: Parallelism) {
    let (rows, inner, columns) = sizes(left, right);
    assert!(left.end() <= left.values.len() && right.end() <= right.values.len(), "a matrix past its slice");
    let stride = |stride: usize| stride as isize;
    // SAFETY: gemm reads the elements (i, j) of `left` and `right` at i * row_stride + j * column_stride for i, j
    // below their sizes; the last of them lies within each slice, as asserted, so all do. It writes, and with
    // `Add` reads, the elements of `to` at i * columns + j, which the caller vouches for. All are f32, whose every
    // bit pattern is valid.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            to,
            1,
            stride(columns),
            into == Into::Add,
            left.values.as_ptr(),
            stride(left.column_stride),
            stride(left.row_stride),
            right.values.as_ptr(),
            stride(right.column_stride),
            stride(right.row_stride),
            1.0,
            1.0,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(count: usize, step: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * step).sin()).collect()
    }

    /// By the definition, in f64.
    fn by_hand(to: &[f32], a: &[f32], b: &[f32], [m, k, n]: [usize; 3]) -> Vec<f32> {
        let entry = |i: usize, j: usize| {
            let sum: f64 = (0..k).map(|l| f64::from(a[i * k + l]) * f64::from(b[l * n + j])).sum();
            (f64::from(to[i * n + j]) + sum) as f32
        };
        (0..m).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect()
    }

    fn transposed(values: &[f32], rows: usize, columns: usize) -> Vec<f32> {
        (0..columns).flat_map(|j| (0..rows).map(move |i| values[i * columns + j])).collect()
    }

    #[test]
    fn products_are_those_of_the_definition_whatever_is_transposed() {
        for sizes @ [m, k, n] in [[1, 1, 1], [7, 5, 3], [17, 1, 9], [64, 33, 130], [1, 700, 2], [3, 2, 0]] {
            let (a, b, c) = (values(m * k, 0.7), values(k * n, 0.3), values(m * n, 1.1));
            let (at, bt) = (transposed(&a, m, k), transposed(&b, k, n));
            for (left, right) in [
                (Matrix::new(&a, m, k), Matrix::new(&b, k, n)),
                (Matrix::new(&at, k, m).transpose(), Matrix::new(&b, k, n)),
                (Matrix::new(&a, m, k), Matrix::new(&bt, n, k).transpose()),
            ] {
                let exact = by_hand(&vec![0.0; m * n], &a, &b, sizes);
                for (ours, exact) in multiplied(left, right).iter().zip(exact) {
                    assert!((ours - exact).abs() < 1e-4, "{sizes:?} {ours} {exact}");
                }
                for (into, start) in [(Into::Replace, vec![0.0; m * n]), (Into::Add, c.clone())] {
                    let mut to = c.clone();
                    product(&mut to, into, left, right);
                    for (ours, exact) in to.iter().zip(by_hand(&start, &a, &b, sizes)) {
                        assert!((ours - exact).abs() < 1e-4, "{sizes:?} {ours} {exact}");
                    }
                }
            }
        }
    }

    #[test]
    fn large_products_have_the_same_bits_on_any_number_of_threads() {
        for [m, k, n] in [[128, 784, 100], [150, 333, 64], [512, 784, 30], [31, 1000, 784], [700, 64, 61]] {
            let (a, b) = (values(m * k, 0.7), values(k * n, 0.3));
            let on = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
                pool.install(|| multiplied(Matrix::new(&a, m, k), Matrix::new(&b, k, n)))
            };
            let one = on(1);
            assert!([2, 3, 4, 7].into_iter().all(|threads| on(threads) == one), "{m} {k} {n}");
        }
    }

    #[test]
    fn an_empty_sum_is_zero() {
        let mut to = [5.0; 6];
        product(&mut to, Into::Replace, Matrix::new(&[], 2, 0), Matrix::new(&[], 0, 3));
        assert_eq!(to, [0.0; 6]);
    }
}
