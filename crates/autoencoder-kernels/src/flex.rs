//! Tensors of the CPU backend as slices, with autodiff's record of them or without.

use burn::backend::{BackendTypes, DispatchDevice, Flex};
use burn::tensor::{DType, Device, Tensor, TensorData};
use burn_autodiff::Autodiff;

/// The primitive of the CPU backend.
pub(crate) type Primitive = <Flex as BackendTypes>::FloatTensorPrimitive;
/// The same with its place in autodiff's graph.
pub(crate) type Tracked = <Autodiff<Flex> as BackendTypes>::FloatTensorPrimitive;

/// Whether a device is the CPU backend, tracked by autodiff or not.
pub fn is_flex(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), DispatchDevice::Flex(_))
}

/// Whether a tensor is one of f32 on the CPU backend.
pub(crate) fn is_fast<const D: usize>(tensor: &Tensor<D>) -> bool {
    tensor.dtype() == DType::F32 && is_flex(&tensor.device())
}

/// The memory of an untracked tensor for which [`is_fast`] holds, its elements in order and nothing else.
pub(crate) fn untracked<const D: usize>(tensor: Tensor<D>) -> Primitive {
    contiguous(tensor.try_into_primitive::<Flex>().expect("checked to be untracked and on the CPU backend"))
}

/// A tensor of an autodiff device for which [`is_fast`] holds. Only the strategy without recomputation is
/// used: `None` is the other one.
pub(crate) fn tracked<const D: usize>(tensor: Tensor<D>) -> Option<Tracked> {
    tensor.try_into_primitive::<Autodiff<Flex>>().ok()
}

/// A tensor on the autodiff device of the same backend, where it is a constant if it was on none.
pub(crate) fn lifted<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    if tensor.device().is_autodiff() { tensor } else { Tensor::from_inner(tensor) }
}

/// What autodiff gave back, as a tensor.
pub(crate) fn from_tracked<const D: usize>(tensor: Tracked) -> Tensor<D> {
    Tensor::from_primitive::<Autodiff<Flex>>(tensor)
}

/// The same elements in order and nothing else.
pub(crate) fn contiguous(primitive: Primitive) -> Primitive {
    let whole =
        primitive.as_slice::<f32>().is_some_and(|slice| slice.len() == primitive.storage::<f32>().len());
    if whole { primitive } else { primitive.to_contiguous() }
}

/// A primitive of that shape; nothing is copied.
pub(crate) fn primitive<const D: usize>(values: Vec<f32>, shape: [usize; D]) -> Primitive {
    Primitive::from_data(TensorData::new(values, shape))
}
