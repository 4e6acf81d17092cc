//! Tensors of the CPU backend as memory, and single passes over it.
//!
//! A pass is cut into pieces of a fixed size, so that its result has the same bits on any number of
//! threads, and runs on several threads where there are enough pieces. The instruction set of the
//! inner loops is chosen at run time.

use std::mem::MaybeUninit;

use burn::backend::{BackendTypes, DispatchDevice, Flex};
use burn::tensor::{DType, Shape, Tensor, TensorData};
use rayon::prelude::*;

/// The primitive of the CPU backend.
pub(crate) type Primitive = <Flex as BackendTypes>::FloatTensorPrimitive;

/// Elements a thread takes at a time: large enough to hide the hand-over, small enough for its cache.
pub(crate) const CHUNK: usize = 1 << 15;

/// Sums of a row are kept in this many lanes, for the vector units.
const LANES: usize = 16;

/// Whether the tensor lives on the CPU backend as f32, tracked by autodiff or not.
pub(crate) fn is_on_cpu<const D: usize>(tensor: &Tensor<D>) -> bool {
    let device = tensor.device().without_autodiff();
    matches!(device.as_dispatch(), DispatchDevice::Flex(_)) && tensor.dtype() == DType::F32
}

/// The tensor with its elements in order and nothing else in its memory, copied only if they are not.
pub(crate) fn contiguous(primitive: Primitive) -> Primitive {
    let whole =
        primitive.as_slice::<f32>().is_some_and(|slice| slice.len() == primitive.storage::<f32>().len());
    if whole { primitive } else { primitive.to_contiguous() }
}

/// A tensor of these values, row after row.
pub(crate) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> Primitive {
    Primitive::from_data(TensorData::new(values, shape))
}

/// Calls `work` on every piece, in parallel where there are more than two.
pub(crate) fn in_pieces<T: Send>(pieces: impl Iterator<Item = T>, work: impl Fn(T) + Sync) {
    let pieces: Vec<T> = pieces.collect();
    if pieces.len() > 2 {
        pieces.into_par_iter().for_each(&work);
    } else {
        pieces.into_iter().for_each(&work);
    }
}

/// `y_i = f(x_i)` in new memory.
pub(crate) fn map(x: &[f32], f: impl Fn(f32) -> f32 + Copy + Sync) -> Vec<f32> {
    map_pieces(
        x.len(),
        CHUNK,
        x.chunks(CHUNK),
        #[inline(always)]
        |x| x,
        f,
    )
}

/// `x_rj += b_j` and `y_rj = f(x_rj)` in new memory.
pub(crate) fn map_biased(x: &mut [f32], bias: &[f32], f: impl Fn(f32) -> f32 + Copy + Sync) -> Vec<f32> {
    let size = piece(bias.len());
    map_pieces(
        x.len(),
        size,
        x.chunks_mut(size),
        #[inline(always)]
        |x: &mut [f32]| {
            add_bias(x, bias);
            x
        },
        f,
    )
}

/// `f` of `len` elements in new memory; `read` gives the elements of a piece, `size` in each but the last.
fn map_pieces<'a, P: Send>(
    len: usize,
    size: usize,
    pieces: impl Iterator<Item = P>,
    read: impl Fn(P) -> &'a [f32] + Sync,
    f: impl Fn(f32) -> f32 + Copy + Sync,
) -> Vec<f32> {
    let mut out = Vec::with_capacity(len);
    let pieces: Vec<(&mut [MaybeUninit<f32>], P)> =
        out.spare_capacity_mut()[..len].chunks_mut(size).zip(pieces).collect();
    assert_eq!(pieces.len(), len.div_ceil(size), "a piece of input for every piece of output");
    in_pieces(pieces.into_iter(), |(out, piece)| {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                let x = read(piece);
                assert_eq!(x.len(), out.len(), "an element of input for every element of output");
                for (out, &x) in out.iter_mut().zip(x) {
                    out.write(f(x));
                }
            },
        );
    });
    // SAFETY: the capacity is at least `len`. The output's pieces cover its first `len` elements; the
    // first assertion says that each was worked on, the second that all its elements were written.
    unsafe { out.set_len(len) };
    out
}

/// `x_i = f(x_i)`, where there is a bias after `x_rj += b_j`.
pub(crate) fn map_in_place(x: &mut [f32], bias: &[f32], f: impl Fn(f32) -> f32 + Copy + Sync) {
    in_pieces(x.chunks_mut(piece(bias.len())), |x| {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                add_bias(x, bias);
                for x in x.iter_mut() {
                    *x = f(*x);
                }
            },
        );
    });
}

/// `x_i = f(x_i, y_i)`, and the sums of the new `x` over its rows of `columns` elements each (none where
/// `columns` is 0).
pub(crate) fn zip_in_place(
    x: &mut [f32],
    y: &[f32],
    columns: usize,
    f: impl Fn(f32, f32) -> f32 + Copy + Sync,
) -> Vec<f32> {
    let size = piece(columns);
    let count = x.len().div_ceil(size);
    add_up(count, columns, x.chunks_mut(size).zip(y.chunks(size)), |(x, y), sums| {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for (x, &y) in x.iter_mut().zip(y) {
                    *x = f(*x, y);
                }
                add_rows(x, columns, sums);
            },
        );
    })
}

/// `Σ_r x_rj` over the rows of `columns` elements each.
pub(crate) fn sum_columns(x: &[f32], columns: usize) -> Vec<f32> {
    let size = piece(columns);
    add_up(x.len().div_ceil(size), columns, x.chunks(size), |x, sums| {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || add_rows(x, columns, sums),
        );
    })
}

/// The sum of what `work` adds to `columns` zeros for each of `count` pieces, in their order.
fn add_up<P: Send>(
    count: usize,
    columns: usize,
    pieces: impl Iterator<Item = P>,
    work: impl Fn(P, &mut [f32]) + Sync,
) -> Vec<f32> {
    let width = columns.max(1);
    let mut partial = vec![0.0; count * width];
    in_pieces(pieces.zip(partial.chunks_mut(width)), |(piece, sums)| work(piece, sums));
    let mut total = vec![0.0; columns];
    for sums in partial.chunks_exact(width) {
        total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum);
    }
    total
}

/// `Σ_j f(x_rj, y_rj)` for every row `r` of `columns` elements.
pub(crate) fn sum_rows(
    x: &[f32],
    y: &[f32],
    [rows, columns]: [usize; 2],
    f: impl Fn(f32, f32) -> f32 + Copy + Sync,
) -> Vec<f32> {
    let mut sums = vec![0.0; rows];
    if columns == 0 {
        return sums;
    }
    let size = piece(columns);
    let pieces = sums.chunks_mut(size / columns).zip(x.chunks(size)).zip(y.chunks(size));
    in_pieces(pieces, |((sums, x), y): ((&mut [f32], &[f32]), &[f32])| {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                let rows = x.chunks_exact(columns).zip(y.chunks_exact(columns));
                for (sum, (x, y)) in sums.iter_mut().zip(rows) {
                    *sum = sum_row(x, y, f);
                }
            },
        );
    });
    sums
}

/// `x_rj = w_r f(x_rj, y_rj)` for every row `r` of `columns` elements.
pub(crate) fn zip_rows_in_place(
    x: &mut [f32],
    y: &[f32],
    weights: &[f32],
    columns: usize,
    f: impl Fn(f32, f32) -> f32 + Copy + Sync,
) {
    if columns == 0 {
        return;
    }
    let size = piece(columns);
    let pieces = x.chunks_mut(size).zip(y.chunks(size)).zip(weights.chunks(size / columns));
    in_pieces(pieces, |((x, y), weights): ((&mut [f32], &[f32]), &[f32])| {
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                let rows = x.chunks_exact_mut(columns).zip(y.chunks_exact(columns));
                for (&weight, (x, y)) in weights.iter().zip(rows) {
                    for (x, &y) in x.iter_mut().zip(y) {
                        *x = weight * f(*x, y);
                    }
                }
            },
        );
    });
}

/// Elements of a piece: whole rows where there are any.
fn piece(columns: usize) -> usize {
    if columns == 0 { CHUNK } else { (CHUNK / columns).max(1) * columns }
}

#[inline(always)]
fn add_bias(x: &mut [f32], bias: &[f32]) {
    if !bias.is_empty() {
        for row in x.chunks_exact_mut(bias.len()) {
            for (x, b) in row.iter_mut().zip(bias) {
                *x += b;
            }
        }
    }
}

#[inline(always)]
fn add_rows(x: &[f32], columns: usize, sums: &mut [f32]) {
    if columns > 0 {
        for row in x.chunks_exact(columns) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += x;
            }
        }
    }
}

#[inline(always)]
fn sum_row(x: &[f32], y: &[f32], f: impl Fn(f32, f32) -> f32 + Copy) -> f32 {
    let mut lanes = [0.0; LANES];
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<LANES>(), y.as_chunks::<LANES>());
    for (x, y) in x.iter().zip(y) {
        for lane in 0..LANES {
            lanes[lane] += f(x[lane], y[lane]);
        }
    }
    for (lane, (&x, &y)) in lanes.iter_mut().zip(x_rest.iter().zip(y_rest)) {
        *lane += f(x, y);
    }
    lanes.iter().sum()
}
