//! Work cut into pieces that threads take. The cut depends on sizes alone, so the result does
//! not depend, to the bit, on the number of threads.
#![allow(unsafe_code, reason = "what a pass overwrites is not set to zero before")]

use std::mem::MaybeUninit;

use rayon::prelude::*;

/// Calls `f` for each item, in parallel where there are several.
pub(crate) fn for_each<T: Send>(items: Vec<T>, f: impl Fn(T) + Sync + Send) {
    for_each_of(2, items, f);
}

/// The same for work so light that only `least` items are worth a hand-over.
pub(crate) fn for_each_of<T: Send>(least: usize, items: Vec<T>, f: impl Fn(T) + Sync + Send) {
    if items.len() < least {
        items.into_iter().for_each(f)
    } else {
        items.into_par_iter().with_max_len(1).for_each(f)
    }
}

/// Pieces of [`PIECE`] values below which an elementwise pass stays on one thread.
pub(crate) const FEW: usize = 5;

/// How many values an elementwise pass takes at a time: a multiple of every vector's length.
pub(crate) const PIECE: usize = 1 << 15;

/// How many values of whole rows an elementwise pass takes at a time.
pub(crate) fn piece_of_rows(columns: usize) -> usize {
    (PIECE / columns.max(1)).max(1) * columns.max(1)
}

/// A vector of which `f` writes pieces of `size` values; it is told where each starts.
///
/// # Safety
/// `f` writes every value of its piece.
pub(crate) unsafe fn written(
    count: usize,
    size: usize,
    f: impl Fn(usize, &mut [MaybeUninit<f32>]) + Sync + Send,
) -> Vec<f32> {
    let mut values = Vec::with_capacity(count);
    let pieces = values.spare_capacity_mut()[..count].chunks_mut(size.max(1)).enumerate().collect();
    for_each_of(FEW, pieces, |(index, piece)| f(index * size, piece));
    // SAFETY: the capacity is `count` and, as the caller promises, each value was written.
    unsafe { values.set_len(count) };
    values
}
