//! Parameters and their state as slices, where the backend keeps them in memory.

use burn::backend::Flex;
use burn::tensor::Tensor;
use rayon::prelude::*;

use crate::flex::{Primitive, is_fast, untracked};

/// Elements a thread takes at a time: large enough to hide the hand-over, small enough for its cache.
const CHUNK: usize = 1 << 15;

/// `N` tensors of the same shape that may be changed, and one that is only read, as contiguous f32 on
/// the CPU backend; the tensors are given back as they are where they live elsewhere.
pub(super) struct Slices<const N: usize> {
    changed: [Primitive; N],
    read: Primitive,
}

impl<const N: usize> Slices<N> {
    /// The tensors' memory, or the tensors as they were where one lives on another backend, is tracked
    /// by autodiff or holds no f32.
    #[allow(clippy::result_large_err, reason = "not an error: the tensors go back to the caller")]
    pub(super) fn of<const D: usize>(
        changed: [Tensor<D>; N],
        read: Tensor<D>,
    ) -> Result<Self, ([Tensor<D>; N], Tensor<D>)> {
        if !(changed.iter().all(is_on_cpu) && is_on_cpu(&read)) {
            return Err((changed, read));
        }
        Ok(Self { changed: changed.map(untracked), read: untracked(read) })
    }

    /// Calls `update` on pieces of all tensors at the same place, on several threads where there are
    /// enough elements. An element is never touched twice, so the result does not depend on the threads.
    pub(super) fn update<const D: usize>(
        mut self,
        update: impl Fn([&mut [f32]; N], &[f32]) + Sync,
    ) -> [Tensor<D>; N] {
        let read = self.read.storage::<f32>();
        // Memory that is shared with another tensor is copied here, once.
        let slices = self.changed.each_mut().map(|primitive| primitive.storage_mut::<f32>());
        let pieces = split(slices, read);
        if pieces.len() > 2 {
            pieces.into_par_iter().for_each(|(changed, read)| update(changed, read));
        } else {
            pieces.into_iter().for_each(|(changed, read)| update(changed, read));
        }
        self.changed.map(Tensor::from_primitive::<Flex>)
    }
}

fn is_on_cpu<const D: usize>(tensor: &Tensor<D>) -> bool {
    is_fast(tensor) && !tensor.device().is_autodiff()
}

/// All slices cut at the same places.
fn split<'a, const N: usize>(
    slices: [&'a mut [f32]; N],
    read: &'a [f32],
) -> Vec<([&'a mut [f32]; N], &'a [f32])> {
    let mut changed = slices.map(|slice| slice.chunks_mut(CHUNK));
    let pieces = read
        .chunks(CHUNK)
        .map(|read| (changed.each_mut().map(|chunks| chunks.next().unwrap_or_default()), read));
    pieces.collect()
}
