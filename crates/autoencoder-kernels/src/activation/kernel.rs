//! The fast path: one pass over the CPU backend's memory in either direction.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, TensorMetadata, backend_extension};

use super::function::{Function, Kept, Visitor};
use crate::memory::{self, Primitive};

/// Activations of the CPU backend.
#[backend_extension(Flex, Autodiff)]
pub(super) trait ActivationKernel: Backend {
    /// `s(a)`.
    fn activate(a: FloatTensor<Self>, function: Function) -> FloatTensor<Self>;

    /// `s(a + b)`: `a` `[batch, features]`, `b` `[features]`.
    fn activate_biased(
        a: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        function: Function,
    ) -> FloatTensor<Self>;
}

impl ActivationKernel for Flex {
    fn activate(a: Primitive, function: Function) -> Primitive {
        function.visit(InPlace { a, bias: None })
    }

    fn activate_biased(a: Primitive, bias: Primitive, function: Function) -> Primitive {
        function.visit(InPlace { a, bias: Some(bias) })
    }
}

impl<C: CheckpointStrategy> ActivationKernel for Autodiff<Flex, C> {
    fn activate(a: FloatTensor<Self>, function: Function) -> FloatTensor<Self> {
        let (a, node) = a.into_parts();
        match Derivative.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, kept) = forward(a, None, function);
                prep.finish((kept, function), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(Flex::activate(a, function)),
        }
    }

    fn activate_biased(
        a: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        function: Function,
    ) -> FloatTensor<Self> {
        let ((a, node), (bias, bias_node)) = (a.into_parts(), bias.into_parts());
        match Derivative.prepare::<C>([node, bias_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, kept) = forward(a, Some(bias), function);
                prep.finish((kept, function), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(Flex::activate_biased(a, bias, function)),
        }
    }
}

/// The output, and what the derivative needs.
fn forward(a: Primitive, bias: Option<Primitive>, function: Function) -> (Primitive, Option<Primitive>) {
    if function.kept() == Kept::Input {
        let (input, output) = function.visit(KeepingInput { a, bias });
        return (output, Some(input));
    }
    let output = function.visit(InPlace { a, bias });
    let kept = (function.kept() == Kept::Output).then(|| output.clone());
    (output, kept)
}

/// `s(a + b)` where `a` was, if nobody else holds it.
struct InPlace {
    a: Primitive,
    bias: Option<Primitive>,
}

impl Visitor for InPlace {
    type Output = Primitive;

    fn call(
        self,
        value: impl Fn(f32) -> f32 + Copy + Sync,
        _: impl Fn(f32) -> f32 + Copy + Sync,
    ) -> Primitive {
        let (mut a, bias) = (memory::contiguous(self.a), self.bias.map(memory::contiguous));
        let bias = bias.as_ref().map_or(&[] as &[f32], |bias| bias.storage());
        memory::map_in_place(a.storage_mut(), bias, value);
        a
    }
}

/// `a + b` and `s(a + b)`.
struct KeepingInput {
    a: Primitive,
    bias: Option<Primitive>,
}

impl Visitor for KeepingInput {
    type Output = (Primitive, Primitive);

    fn call(
        self,
        value: impl Fn(f32) -> f32 + Copy + Sync,
        _: impl Fn(f32) -> f32 + Copy + Sync,
    ) -> (Primitive, Primitive) {
        let (mut a, bias) = (memory::contiguous(self.a), self.bias.map(memory::contiguous));
        let output = match &bias {
            Some(bias) => memory::map_biased(a.storage_mut(), bias.storage(), value),
            None => memory::map(a.storage(), value),
        };
        let output = memory::tensor(output, a.shape());
        (a, output)
    }
}

/// `g s'`, where `g` was if nobody else holds it, and its sums over rows of `columns` elements.
struct Gradient<'a> {
    grad: &'a mut [f32],
    kept: &'a [f32],
    columns: usize,
}

impl Visitor for Gradient<'_> {
    type Output = Vec<f32>;

    fn call(
        self,
        _: impl Fn(f32) -> f32 + Copy + Sync,
        slope: impl Fn(f32) -> f32 + Copy + Sync,
    ) -> Vec<f32> {
        memory::zip_in_place(
            self.grad,
            self.kept,
            self.columns,
            #[inline(always)]
            |g, kept| g * slope(kept),
        )
    }
}

/// `dJ/da = g s'` and `dJ/db_j = Σ_r dJ/da_rj`.
#[derive(Debug)]
struct Derivative;

impl<const N: usize> Backward<Flex, N> for Derivative {
    type State = (Option<Primitive>, Function);

    fn backward(self, ops: Ops<Self::State, N>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (kept, function) = ops.state;
        let mut grad = memory::contiguous(grads.consume::<Flex>(&ops.node));
        let bias = ops.parents.get(1).cloned().flatten();
        let columns = if bias.is_some() { grad.shape()[1] } else { 0 };
        let sums = match kept {
            Some(kept) => {
                let (grad, kept, columns) = (grad.storage_mut(), kept.storage(), columns);
                function.visit(Gradient { grad, kept, columns })
            }
            None => memory::sum_columns(grad.storage(), columns),
        };
        if let Some(bias) = bias {
            grads.register::<Flex>(bias.id, memory::tensor(sums, [columns]));
        }
        if let Some(Some(a)) = ops.parents.first() {
            grads.register::<Flex>(a.id, grad);
        }
    }
}
