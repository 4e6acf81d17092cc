//! An elementwise activation in one pass, with its slope in another.

use burn::backend::Flex;
use burn::tensor::{Tensor, activation};
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};

use crate::blocks::{FEW, PIECE, for_each_of};
use crate::flex::{Primitive, contiguous, from_tracked, is_fast, tracked, untracked};
use crate::pointwise::{LEAK, Pointwise};

/// `s(a)`, elementwise.
pub fn apply<const D: usize>(a: Tensor<D>, s: Pointwise) -> Tensor<D> {
    if s == Pointwise::Identity || !is_fast(&a) {
        return composed(a, s);
    }
    if !a.device().is_autodiff() {
        return Tensor::from_primitive::<Flex>(forward(untracked(a), s));
    }
    let copy = a.clone();
    let Some(a) = tracked(a) else { return composed(copy, s) };
    drop(copy);
    let (a, node) = a.into_parts();
    let a = contiguous(a);
    let h = forward(a.clone(), s);
    let prepared = ActivationBackward.prepare::<NoCheckpointing>([node]).compute_bound().stateful();
    from_tracked(match prepared {
        OpsKind::Tracked(prep) => {
            let from = if s.slope_is_in_output() { h.clone() } else { a };
            prep.finish((s, from), h)
        }
        OpsKind::UnTracked(prep) => prep.finish(h),
    })
}

/// The same composed of operations that every backend has.
pub fn composed<const D: usize>(a: Tensor<D>, s: Pointwise) -> Tensor<D> {
    match s {
        Pointwise::Identity => a,
        Pointwise::Relu => activation::relu(a),
        Pointwise::LeakyRelu => activation::leaky_relu(a, f64::from(LEAK)),
        // Burn's own backward pass is that of an approximation on most backends.
        Pointwise::Gelu => {
            let below = a.clone().mul_scalar(std::f64::consts::FRAC_1_SQRT_2).erf();
            a * below.add_scalar(1.0).mul_scalar(0.5)
        }
        Pointwise::Silu => activation::silu(a),
        Pointwise::Tanh => activation::tanh(a),
        Pointwise::Sigmoid => activation::sigmoid(a),
        Pointwise::Softplus => activation::softplus(a, 1.0),
    }
}

fn forward(mut a: Primitive, s: Pointwise) -> Primitive {
    // In place where nobody else holds it, else in a copy.
    let pieces = a.storage_mut::<f32>().chunks_mut(PIECE).collect();
    for_each_of(FEW, pieces, |piece| s.apply(piece));
    a
}

/// Multiplies each gradient by its slope; see [`Pointwise::times_slope`].
pub(crate) fn times_slope(s: Pointwise, gradient: &mut [f32], from: &[f32]) {
    if s != Pointwise::Identity {
        let pieces = gradient.chunks_mut(PIECE).zip(from.chunks(PIECE)).collect();
        for_each_of(FEW, pieces, |(gradient, from)| s.times_slope(gradient, from));
    }
}

#[derive(Debug)]
struct ActivationBackward;

impl Backward<Flex, 1> for ActivationBackward {
    /// The activation, and what its slope is computed from.
    type State = (Pointwise, Primitive);

    fn backward(self, ops: Ops<(Pointwise, Primitive), 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (s, from) = ops.state;
        let mut gradient = contiguous(grads.consume::<Flex>(&ops.node));
        let [Some(parent)] = ops.parents else { return };
        times_slope(s, gradient.storage_mut(), from.storage());
        grads.register::<Flex>(parent.id, gradient);
    }
}
