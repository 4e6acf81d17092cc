//! Products of matrices whose sizes and strides were checked.
#![allow(
    unsafe_code,
    reason = "a product is written to memory that nothing was written to before, and one kernel takes pointers"
)]

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::blocks::for_each;

/// A matrix in a slice, row by row or column by column.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a>(MatRef<'a, f32>);

impl<'a> Matrix<'a> {
    /// `[rows, columns]`, one row after the other.
    pub(crate) fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self(MatRef::from_row_major_slice(values, rows, columns))
    }

    /// The transpose of the same memory.
    pub(crate) fn transpose(self) -> Self {
        Self(self.0.transpose())
    }

    /// Whether a row lies in one piece.
    fn is_by_rows(self) -> bool {
        self.0.col_stride() == 1
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

/// `to = left right`, or `to += left right`, on this thread; `to` is row by row.
pub(crate) fn product(to: &mut [f32], into: Into, left: Matrix<'_>, right: Matrix<'_>) {
    let [rows, _, columns] = sizes(left, right);
    let to = MatMut::from_row_major_slice_mut(to, rows, columns);
    let into = if into == Into::Add { Accum::Add } else { Accum::Replace };
    on_this_thread(to, into, left.0, right.0);
}

/// One of two kernels, by how the operands lie. faer's reads the left matrix as it is, four rows at a time: where these are
/// columns in memory, as in the gradient of a weight, each value is on a line of the cache and a page of its own, which come
/// and go. `gemm`'s packs it into blocks of the size of the caches first.
fn on_this_thread(to: MatMut<'_, f32>, into: Accum, left: MatRef<'_, f32>, right: MatRef<'_, f32>) {
    let is_by_columns = left.col_stride() != 1 && right.col_stride() == 1;
    if !is_by_columns {
        return matmul(to, into, left, right, 1.0, Par::Seq);
    }
    let (rows, inner, columns) = (to.nrows(), left.ncols(), to.ncols());
    assert!(left.nrows() == rows && right.nrows() == inner && right.ncols() == columns);
    // SAFETY: the views are of those sizes, as was asserted, and of the strides that are told; nothing else refers to `to` while
    // it is written, and it is read only where it is added to.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            inner,
            to.as_ptr_mut(),
            to.col_stride(),
            to.row_stride(),
            into == Accum::Add,
            left.as_ptr(),
            left.col_stride(),
            left.row_stride(),
            right.as_ptr(),
            right.col_stride(),
            right.row_stride(),
            1.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// `left right`, row by row, on several threads where it is large.
pub(crate) fn multiplied(left: Matrix<'_>, right: Matrix<'_>) -> Vec<f32> {
    let [rows, inner, columns] = sizes(left, right);
    if rows * inner * columns == 0 {
        return vec![0.0; rows * columns];
    }
    let mut values = Vec::with_capacity(rows * columns);
    // SAFETY: the vector has room for rows * columns elements, that nobody else knows of. They are written before they
    // are read: the pieces cover them all, and each is replaced by its product. f32 needs no drop.
    unsafe {
        let to = MatMut::from_raw_parts_mut(values.as_mut_ptr(), rows, columns, columns as isize, 1);
        let pieces = pieces(left, right).of(to, left.0, right.0);
        for_each(pieces, |(to, left, right)| on_this_thread(to, Accum::Replace, left, right));
        values.set_len(rows * columns);
    }
    values
}

/// Rows, inner size and columns of a product.
fn sizes(left: Matrix<'_>, right: Matrix<'_>) -> [usize; 3] {
    assert_eq!(left.0.ncols(), right.0.nrows(), "the inner sizes of a product");
    [left.0.nrows(), left.0.ncols(), right.0.ncols()]
}

/// How a product is cut among threads: into blocks of so many rows and columns. It depends on sizes alone, and each block
/// is computed by one thread, so that the result is the same to the bit on any number of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pieces {
    rows: usize,
    columns: usize,
}

/// Multiplications of a piece below which a hand-over to another thread costs more than it saves.
const LEAST_WORK: usize = 1 << 21;
/// Rows of a piece that pay for reading the right matrix once more: of few rows, of many, and of many where the columns make
/// enough pieces for the threads of a small machine.
const LEAST_ROWS: [usize; 3] = [64, 128, 256];
/// Rows that are many.
const MANY_ROWS: usize = 256;
/// Columns that make enough pieces.
const MANY_COLUMNS: usize = 4 * LEAST_COLUMNS;
/// Columns of a piece that pay for reading the left matrix once more.
const LEAST_COLUMNS: usize = 64;
/// Pieces that are enough for the threads of any machine this is meant for.
const ENOUGH: usize = 16;
/// Rows that the product's kernel takes at once, or a multiple.
const ROWS: usize = 8;
/// Columns that it takes at once.
const COLUMNS: usize = 16;

fn pieces(left: Matrix<'_>, right: Matrix<'_>) -> Pieces {
    let [rows, inner, columns] = sizes(left, right);
    let by_work = (rows * inner * columns / LEAST_WORK).max(1);
    // A right matrix whose rows cannot be read as they lie is packed by every piece for itself.
    let by_rows = if right.is_by_rows() { rows / least_rows(rows, columns) } else { 1 };
    let row_blocks = power_of_two(by_work.min(by_rows));
    let by_columns = (by_work / row_blocks).min(columns / LEAST_COLUMNS).min(ENOUGH / row_blocks);
    Pieces {
        rows: rows.div_ceil(row_blocks).next_multiple_of(ROWS),
        columns: columns.div_ceil(power_of_two(by_columns)).next_multiple_of(COLUMNS),
    }
}

/// Rows of a piece of so large a product.
fn least_rows(rows: usize, columns: usize) -> usize {
    let [few, many, tall] = LEAST_ROWS;
    match (rows >= MANY_ROWS, columns >= MANY_COLUMNS) {
        (false, _) => few,
        (true, false) => many,
        (true, true) => tall,
    }
}

/// The greatest power of two that is not above `count`, so that pieces share out evenly.
fn power_of_two(count: usize) -> usize {
    1 << count.max(1).ilog2()
}

/// A piece of a product, and what it is the product of.
type Piece<'a> = (MatMut<'a, f32>, MatRef<'a, f32>, MatRef<'a, f32>);

impl Pieces {
    fn of<'a>(self, to: MatMut<'a, f32>, left: MatRef<'a, f32>, right: MatRef<'a, f32>) -> Vec<Piece<'a>> {
        let mut below = to;
        let mut pieces = Vec::new();
        let (rows, columns) = (below.nrows(), below.ncols());
        for row in (0..rows).step_by(self.rows) {
            let height = self.rows.min(rows - row);
            let (mut beside, rest) = below.split_at_row_mut(height);
            below = rest;
            for column in (0..columns).step_by(self.columns) {
                let width = self.columns.min(columns - column);
                let (piece, rest) = beside.split_at_col_mut(width);
                beside = rest;
                pieces.push((piece, left.subrows(row, height), right.subcols(column, width)));
            }
        }
        pieces
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
        for left in [Matrix::new(&[], 2, 0), Matrix::new(&[], 0, 2).transpose()] {
            for (into, sum) in [(Into::Replace, 0.0), (Into::Add, 5.0)] {
                let mut to = [5.0; 6];
                product(&mut to, into, left, Matrix::new(&[], 0, 3));
                assert_eq!(to, [sum; 6]);
            }
        }
    }
}
