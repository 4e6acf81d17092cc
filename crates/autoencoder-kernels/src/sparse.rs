//! Products with a matrix most of whose values are zero, such as pictures of strokes on nothing: what is zero is skipped.
//! The result is that of the whole product but for rounding, and but for what a zero times infinity or NaN makes of it.
#![allow(unsafe_code, reason = "a product is written to memory that nothing was written to before")]

use std::mem::MaybeUninit;
use std::ops::Range;

use pulp::NullaryFnOnce;

use crate::blocks::{FEW, for_each, for_each_of, piece_of_rows};
use crate::product::{Matrix, multiplied};
use crate::simd::{is_vectorised, is_wide, vectorised};

/// Columns of the result from which skipping pays for looking, without and with the vectors of AVX-512.
const LEAST_COLUMNS: [usize; 2] = [64, 320];
/// The same of the inner size.
const LEAST_INNER: usize = 32;
/// A row is sparse where at most so many of twenty values are not zero: fewer where the vectors of products without skipping are
/// longer.
const OF_TWENTY: [usize; 2] = [8, 7];
/// Values of the right matrix that the innermost cache holds beside the sums.
const CACHED: usize = 6 * 1024;
/// The most rows of the result in a piece of it, and pieces that are enough for the threads of a small machine.
const MOST_ROWS: usize = 32;
const ENOUGH: usize = 8;

/// How many values of each row of a matrix are not zero.
#[derive(Clone, Debug)]
pub(crate) struct Filled {
    counts: Vec<u32>,
    inner: usize,
}

impl Filled {
    /// Of `x` `[rows, inner]`; `None` where no product with a matrix of so many columns would gain from it.
    pub(crate) fn of(x: &[f32], inner: usize, columns: usize) -> Option<Self> {
        if inner < LEAST_INNER || columns < LEAST_COLUMNS[usize::from(is_wide())] || !is_vectorised() {
            return None;
        }
        let mut counts = vec![0; x.len() / inner];
        let size = piece_of_rows(inner);
        let pieces = counts.chunks_mut(size / inner).zip(x.chunks(size)).collect();
        for_each_of(FEW, pieces, |(counts, x): (&mut [u32], &[f32])| {
            vectorised(
                #[inline(always)]
                || {
                    for (count, row) in counts.iter_mut().zip(x.chunks_exact(inner)) {
                        *count = row.iter().map(|&value| u32::from(value != 0.0)).sum();
                    }
                },
            );
        });
        let filled = Self { counts, inner };
        filled.counts.iter().any(|&count| filled.is_few(count)).then_some(filled)
    }

    fn is_few(&self, count: u32) -> bool {
        are_few(count as usize, self.inner)
    }

    /// Whether the matrix as a whole is sparse.
    pub(crate) fn is_sparse(&self) -> bool {
        let all: usize = self.counts.iter().map(|&count| count as usize).sum();
        are_few(all, self.inner * self.counts.len())
    }

    /// `x w` with `w` `[inner, columns]`, row by row. What becomes of a row of `x` does not depend on those beside it.
    pub(crate) fn times(&self, x: &[f32], w: &[f32], columns: usize) -> Vec<f32> {
        let (rows, inner) = (self.counts.len(), self.inner);
        let is_full = |row: &usize| !self.is_few(self.counts[*row]);
        let mut product = sums(rows, w, columns, |piece| {
            let mut lists = Lists::default();
            for row in piece {
                let values = if is_full(&row) { &[][..] } else { &x[row * inner..][..inner] };
                lists.push(values);
            }
            lists
        });
        let full: Vec<usize> = (0..rows).filter(is_full).collect();
        let gathered: Vec<f32> = full.iter().flat_map(|&row| &x[row * inner..][..inner]).copied().collect();
        let of_full = multiplied(Matrix::new(&gathered, full.len(), inner), Matrix::new(w, inner, columns));
        for (row, values) in full.into_iter().zip(of_full.chunks_exact(columns)) {
            product[row * columns..][..columns].copy_from_slice(values);
        }
        product
    }

    /// `xᵀ g` with `g` `[rows, columns]`: `[inner, columns]`, row by row.
    pub(crate) fn transposed_times(&self, x: &[f32], g: &[f32], columns: usize) -> Vec<f32> {
        sums(self.inner, g, columns, |piece| Lists::of_columns(x, self.inner, piece))
    }
}

/// Whether skipping pays where so many of all values are not zero.
fn are_few(count: usize, all: usize) -> bool {
    20 * count <= OF_TWENTY[usize::from(is_wide())] * all
}

/// Of several rows the values that are not zero, each with its place.
#[derive(Default)]
struct Lists {
    entries: Vec<(u32, f32)>,
    ranges: Vec<Range<usize>>,
}

impl Lists {
    /// Appends a row.
    fn push(&mut self, row: &[f32]) {
        let start = self.entries.len();
        self.entries.resize(start + row.len(), (0, 0.0));
        let mut end = start;
        // Each value is written, and the next over it where it is zero: faster than to ask first.
        for (place, &value) in row.iter().enumerate() {
            self.entries[end] = (place as u32, value);
            end += usize::from(value != 0.0);
        }
        self.entries.truncate(end);
        self.ranges.push(start..end);
    }

    /// Of those columns of `x`, row by row with so many in each.
    fn of_columns(x: &[f32], width: usize, columns: Range<usize>) -> Self {
        let rows = x.len() / width;
        // One more than is kept: what is written over.
        let room = rows + 1;
        let mut entries = vec![(0, 0.0); room * columns.len()];
        let mut ends: Vec<usize> = (0..columns.len()).map(|column| column * room).collect();
        for (place, row) in x.chunks_exact(width).enumerate() {
            for (end, &value) in ends.iter_mut().zip(&row[columns.clone()]) {
                entries[*end] = (place as u32, value);
                *end += usize::from(value != 0.0);
            }
        }
        let ranges = ends.into_iter().enumerate().map(|(column, end)| column * room..end).collect();
        Self { entries, ranges }
    }
}

/// `rows` sums of rows of `right` `[_, columns]`, each with the factors that `lists` gives for it.
fn sums(
    rows: usize,
    right: &[f32],
    columns: usize,
    lists: impl Fn(Range<usize>) -> Lists + Sync + Send,
) -> Vec<f32> {
    let size = rows.div_ceil(ENOUGH).clamp(1, MOST_ROWS);
    let mut values = Vec::with_capacity(rows * columns);
    let pieces =
        values.spare_capacity_mut()[..rows * columns].chunks_mut(size * columns).enumerate().collect();
    for_each(pieces, |(number, to): (usize, &mut [MaybeUninit<f32>])| {
        let first = number * size;
        let lists = lists(first..first + to.len() / columns);
        vectorised(Sums { to, lists: &lists, right, columns });
    });
    // SAFETY: the capacity is `rows * columns`, and the tiles leave no column of a row out.
    unsafe { values.set_len(rows * columns) };
    values
}

/// A piece of a product. It is no closure, of which the call that consumes it is only inlined, and so compiled for the vector
/// instructions, where it is small.
struct Sums<'a> {
    to: &'a mut [MaybeUninit<f32>],
    lists: &'a Lists,
    right: &'a [f32],
    columns: usize,
}

impl NullaryFnOnce for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn call(mut self) {
        let columns = self.columns;
        let whole = if is_wide() { self.tiles::<128>() } else { self.tiles::<64>() };
        // The last columns together with some that were summed before, which come out as they were: there are never fewer
        // columns than a whole tile has.
        match columns - whole {
            0 => {}
            1..=32 => self.tile::<32>(columns - 32),
            33..=64 => self.tile::<64>(columns - 64),
            _ => self.tile::<128>(columns - 128),
        }
    }
}

impl Sums<'_> {
    /// As many columns as a multiple of `T` has, `T` at a time; returns their number.
    #[inline(always)]
    fn tiles<const T: usize>(&mut self) -> usize {
        let whole = self.columns / T * T;
        for from in (0..whole).step_by(T) {
            self.tile::<T>(from);
        }
        whole
    }

    /// `T` columns, each summed in a register of its own or a part of one. Of the right matrix as many rows at a time are
    /// read, by all sums, as the innermost cache holds.
    #[inline(always)]
    fn tile<const T: usize>(&mut self, from: usize) {
        let inner = self.right.len() / self.columns;
        let mut next: Vec<usize> = self.lists.ranges.iter().map(|range| range.start).collect();
        for first in (0..inner).step_by(CACHED / T) {
            let end = (first + CACHED / T) as u32;
            let rows = self.to.chunks_exact_mut(self.columns).zip(&self.lists.ranges);
            for ((to, range), next) in rows.zip(&mut next) {
                let to = &mut to[from..from + T];
                let mut sum = [0.0_f32; T];
                if first > 0 {
                    // SAFETY: the pass with `first` zero has written it.
                    sum.iter_mut().zip(&*to).for_each(|(sum, to)| *sum = unsafe { to.assume_init() });
                }
                let mut at = *next;
                for &(place, factor) in &self.lists.entries[*next..range.end] {
                    if place >= end {
                        break;
                    }
                    let row = &self.right[place as usize * self.columns + from..][..T];
                    for (sum, value) in sum.iter_mut().zip(row) {
                        *sum = factor.mul_add(*value, *sum);
                    }
                    at += 1;
                }
                *next = at;
                for (to, sum) in to.iter_mut().zip(sum) {
                    to.write(sum);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of ten values two are not zero; where `full` is so, every third row has no zeros.
    fn matrix(rows: usize, inner: usize, full: bool) -> Vec<f32> {
        let value = |at: usize| (at as f32 * 0.7).sin() + 1.5;
        let is_kept = |at: usize| at * 7 % 10 < 2 || full && (at / inner).is_multiple_of(3);
        (0..rows * inner).map(|at| if is_kept(at) { value(at) } else { 0.0 }).collect()
    }

    #[test]
    fn products_are_those_without_skipping() {
        for [rows, inner, columns] in [[2, 40, 320], [7, 100, 325], [70, 33, 383], [130, 64, 450]] {
            for full in [false, true] {
                let (x, w) = (matrix(rows, inner, full), matrix(inner, columns, true));
                let filled = Filled::of(&x, inner, columns).expect("sparse rows");
                let dense = multiplied(Matrix::new(&x, rows, inner), Matrix::new(&w, inner, columns));
                for (ours, dense) in filled.times(&x, &w, columns).iter().zip(dense) {
                    assert!((ours - dense).abs() < 1e-3, "{rows} {inner} {columns} {full}: {ours} {dense}");
                }
                let g = matrix(rows, columns, true);
                let x_transposed = Matrix::new(&x, rows, inner).transpose();
                let dense = multiplied(x_transposed, Matrix::new(&g, rows, columns));
                for (ours, dense) in filled.transposed_times(&x, &g, columns).iter().zip(dense) {
                    assert!((ours - dense).abs() < 1e-3, "{rows} {inner} {columns} {full}: {ours} {dense}");
                }
            }
        }
    }

    #[test]
    fn a_row_is_the_same_to_the_bit_whatever_is_beside_it_and_on_any_number_of_threads() {
        let (inner, columns) = (100, 330);
        let (x, w) = (matrix(90, inner, true), matrix(inner, columns, true));
        let on = |threads: usize, rows: &[f32]| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| Filled::of(rows, inner, columns).expect("sparse").times(rows, &w, columns))
        };
        let whole = on(1, &x);
        assert!([2, 3, 4, 7].into_iter().all(|threads| on(threads, &x) == whole));
        for first in [1, 40] {
            let part = on(2, &x[first * inner..(first + 5) * inner]);
            assert_eq!(part, whole[first * columns..(first + 5) * columns]);
        }
    }

    #[test]
    fn what_has_few_zeros_or_is_small_is_not_skipped() {
        assert!(Filled::of(&matrix(10, 100, false), 100, 63).is_none(), "few columns");
        let mut ones = vec![1.0; 1000];
        assert!(Filled::of(&ones, 100, 500).is_none(), "no zeros");
        ones[..100].fill(0.0);
        let one_row = Filled::of(&ones, 100, 500).expect("a row of zeros");
        assert!(!one_row.is_sparse());
        assert!(Filled::of(&matrix(10, 100, false), 100, 500).expect("sparse").is_sparse());
    }
}
