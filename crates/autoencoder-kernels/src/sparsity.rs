//! The sum of a code's magnitudes in one pass, and its gradient in another.
#![allow(unsafe_code, reason = "a gradient is written to memory that nothing was written to before")]

use std::mem::MaybeUninit;

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};

use crate::blocks::{PIECE, for_each, written};
use crate::flex::{Primitive, contiguous, from_tracked, is_fast, primitive, tracked, untracked};
use crate::losses::lanes;
use crate::simd::vectorised;

/// `Σ_k |h_k|` averaged over the batch: `[batch, codes]` to `[1]`.
pub fn l1(h: Tensor<2>) -> Tensor<1> {
    if !is_fast(&h) {
        return composed(h);
    }
    if !h.device().is_autodiff() {
        return Tensor::from_primitive::<Flex>(forward(&untracked(h)));
    }
    let copy = h.clone();
    let Some(h) = tracked(h) else { return composed(copy) };
    drop(copy);
    let (h, node) = h.into_parts();
    let h = contiguous(h);
    let sum = forward(&h);
    let prepared = L1Backward.prepare::<NoCheckpointing>([node]).compute_bound().stateful();
    from_tracked(match prepared {
        OpsKind::Tracked(prep) => prep.finish(h, sum),
        OpsKind::UnTracked(prep) => prep.finish(sum),
    })
}

/// The same composed of operations that every backend has.
pub fn composed(h: Tensor<2>) -> Tensor<1> {
    let batch = h.dims()[0].max(1);
    h.abs().sum().div_scalar(batch as f64)
}

fn batch(h: &Primitive) -> f64 {
    h.layout().shape()[0].max(1) as f64
}

fn forward(h: &Primitive) -> Primitive {
    let values = h.storage::<f32>();
    let mut sums = vec![0.0_f64; values.len().div_ceil(PIECE)];
    for_each(values.chunks(PIECE).zip(&mut sums).collect(), |(values, sum)| {
        *sum = vectorised(
            #[inline(always)]
            || {
                lanes(values, values, |_, h, _, sums| {
                    sums.iter_mut().zip(h).for_each(|(sum, h)| *sum += h.abs());
                })
            },
        );
    });
    primitive(vec![(sums.iter().sum::<f64>() / batch(h)) as f32], [1])
}

/// `above` times the sign of each value, over the batch.
fn backward(h: &Primitive, above: f32) -> Primitive {
    let values = h.storage::<f32>();
    let size = above / batch(h) as f32;
    let pass = |start: usize, to: &mut [MaybeUninit<f32>]| {
        vectorised(
            #[inline(always)]
            || {
                let values = &values[start..start + to.len()];
                to.iter_mut().zip(values).for_each(|(to, &h)| {
                    let negative = if h < 0.0 { -size } else { 0.0 };
                    to.write(if h > 0.0 { size } else { negative });
                });
            },
        );
    };
    // SAFETY: the slice of values is as long as the piece, each of which is written.
    let gradient = unsafe { written(values.len(), PIECE, pass) };
    let shape = h.layout().shape();
    primitive(gradient, [shape[0], shape[1]])
}

#[derive(Debug)]
struct L1Backward;

impl Backward<Flex, 1> for L1Backward {
    type State = Primitive;

    fn backward(self, ops: Ops<Primitive, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let above = contiguous(grads.consume::<Flex>(&ops.node)).storage::<f32>()[0];
        let [Some(parent)] = ops.parents else { return };
        grads.register::<Flex>(parent.id, backward(&ops.state, above));
    }
}
