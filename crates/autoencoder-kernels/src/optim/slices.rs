//! Parameters and their state as slices, where the backend keeps them in memory.

use burn::backend::Flex;
use burn::tensor::Tensor;

use crate::memory::{self, CHUNK, Primitive};

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
        let is_ours = |tensor: &Tensor<D>| memory::is_on_cpu(tensor) && !tensor.device().is_autodiff();
        if !(changed.iter().all(is_ours) && is_ours(&read)) {
            return Err((changed, read));
        }
        Ok(Self { changed: changed.map(contiguous), read: contiguous(read) })
    }

    /// Calls `update` on pieces of all tensors at the same place, on several threads where there are
    /// enough elements. An element is never touched twice, so the result does not depend on the threads.
    pub(super) fn update<const D: usize>(
        mut self,
        update: impl Fn([&mut [f32]; N], &[f32]) + Sync,
    ) -> [Tensor<D>; N] {
        let read = self.read.storage::<f32>().chunks(CHUNK);
        // Memory that is shared with another tensor is copied here, once.
        let mut changed =
            self.changed.each_mut().map(|changed| changed.storage_mut::<f32>().chunks_mut(CHUNK));
        let pieces =
            read.map(|read| (changed.each_mut().map(|chunks| chunks.next().unwrap_or_default()), read));
        memory::in_pieces(pieces, |(changed, read)| update(changed, read));
        self.changed.map(Tensor::from_primitive::<Flex>)
    }
}

/// The memory of a tensor that is known to be on the CPU backend.
fn contiguous<const D: usize>(tensor: Tensor<D>) -> Primitive {
    memory::contiguous(tensor.try_into_primitive::<Flex>().expect("checked to be on the CPU backend"))
}
