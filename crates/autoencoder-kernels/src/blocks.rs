//! Work cut into pieces that threads take. The cut depends on sizes alone, so the result does
//! not depend, to the bit, on the number of threads.

use rayon::prelude::*;

/// Calls `f` for each item, in parallel where there are several.
pub(crate) fn for_each<T: Send>(items: Vec<T>, f: impl Fn(T) + Sync + Send) {
    for_each_of(2, items, f);
}

/// The same for work so light that only `least` items are worth a hand-over.
pub(crate) fn for_each_of<T: Send>(least: usize, items: Vec<T>, f: impl Fn(T) + Sync + Send) {
    match items.len() < least {
        true => items.into_iter().for_each(f),
        false => items.into_par_iter().with_max_len(1).for_each(f),
    }
}

/// Pieces of [`PIECE`] values below which an elementwise pass stays on one thread.
pub(crate) const FEW: usize = 5;

/// How many values an elementwise pass takes at a time: a multiple of every vector's length.
pub(crate) const PIECE: usize = 1 << 15;
