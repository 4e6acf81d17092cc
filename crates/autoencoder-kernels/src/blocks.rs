//! Matrices cut into blocks of rows that threads work on. The cut depends on sizes alone, so the result does
//! not depend, to the bit, on the number of threads.

use rayon::prelude::*;

/// Multiplications below which a hand-over to another thread costs more than it saves.
const SMALL: usize = 1 << 21;
/// The most blocks a matrix is cut into.
const MOST: usize = 8;
/// Rows of a block, unless there would be fewer than two blocks: each block packs the whole right matrix anew.
const ROWS: usize = 128;

/// How many rows a block has, of `rows` rows whose work in all is `work` multiplications.
pub(crate) fn rows_of_block(rows: usize, work: usize) -> usize {
    if work < SMALL {
        return rows.max(1);
    }
    let blocks = (rows / ROWS).clamp(2, MOST);
    rows.div_ceil(blocks).max(1)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_work_stays_whole_and_large_work_is_cut_into_few_blocks() {
        assert_eq!(rows_of_block(20, 100), 20);
        assert_eq!(rows_of_block(20, 1 << 24), 10);
        assert_eq!(rows_of_block(128, 1 << 24), 64);
        assert_eq!(rows_of_block(4096, 1 << 30), 512);
        assert_eq!(rows_of_block(1, 1 << 30), 1);
        assert_eq!(rows_of_block(0, 1 << 30), 1);
    }
}
