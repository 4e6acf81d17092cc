//! Reconstruction losses in one pass with their gradients, averaged over the batch.
#![allow(unsafe_code, reason = "a gradient is written to memory that nothing was written to before")]

use std::mem::MaybeUninit;

use burn::backend::Flex;
use burn::tensor::{Tensor, activation};
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};

use crate::blocks::{PIECE, for_each};
use crate::flex::{Primitive, contiguous, from_tracked, is_fast, lifted, primitive, tracked, untracked};
use crate::math;
use crate::simd::vectorised;

/// A loss between the decoder's output and the clean example, summed over features.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fused {
    /// `softplus(z) - x z`: cross-entropy of bits on logits, in nats.
    Bernoulli,
    /// `(z - x)²`.
    SquaredError,
    /// `(sigmoid(z) - x)²`.
    SigmoidSquaredError,
}

/// Numbers that are summed side by side, so that a loop over them becomes vector instructions.
const LANES: usize = 16;

impl Fused {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Bernoulli, Self::SquaredError, Self::SigmoidSquaredError];

    /// The loss of each value, composed of operations that every backend has.
    pub fn composed(self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2> {
        match self {
            // Finite for any z, with the gradient sigmoid(z) - x also at z = 0.
            Self::Bernoulli => activation::log_sigmoid(output.clone().neg()).neg() - output * clean,
            Self::SquaredError => {
                let difference = output - clean;
                difference.clone() * difference
            }
            Self::SigmoidSquaredError => {
                let difference = activation::sigmoid(output) - clean;
                difference.clone() * difference
            }
        }
    }

    /// The loss averaged over the batch: `[batch, features]` twice to `[1]`.
    pub fn mean(self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        let by_composition =
            |output, clean| self.composed(output, clean).sum_dim(1).squeeze_dim::<1>(1).mean();
        if !(is_fast(&output) && is_fast(&clean)) {
            return by_composition(output, clean);
        }
        if !output.device().is_autodiff() && !clean.device().is_autodiff() {
            let [batch, features] = output.dims();
            let (loss, _) = self.pass(&untracked(output), &untracked(clean), [batch, features], false);
            return Tensor::from_primitive::<Flex>(primitive(vec![loss], [1]));
        }
        let copies = (output.clone(), clean.clone());
        match (tracked(lifted(output)), tracked(lifted(clean))) {
            (Some(output), Some(clean)) if !clean.is_tracked() => {
                let [batch, features] = copies.0.dims();
                let has_gradient = output.is_tracked();
                let (output, node) = output.into_parts();
                let (output, clean) = (contiguous(output), contiguous(clean.into_primitive()));
                let (loss, gradient) = self.pass(&output, &clean, [batch, features], has_gradient);
                let loss = primitive(vec![loss], [1]);
                let prepared = LossBackward.prepare::<NoCheckpointing>([node]).compute_bound().stateful();
                from_tracked(match (prepared, gradient) {
                    (OpsKind::Tracked(prep), Some(gradient)) => prep.finish(gradient, loss),
                    (OpsKind::Tracked(prep), None) => prep.finish(primitive(Vec::new(), [0]), loss),
                    (OpsKind::UnTracked(prep), _) => prep.finish(loss),
                })
            }
            _ => by_composition(copies.0, copies.1),
        }
    }

    /// The mean and, where it is asked for, its gradient with respect to the output.
    fn pass(
        self,
        output: &Primitive,
        clean: &Primitive,
        [batch, features]: [usize; 2],
        with_gradient: bool,
    ) -> (f32, Option<Primitive>) {
        let (z, x) = (output.storage::<f32>(), clean.storage::<f32>());
        assert_eq!(z.len(), x.len(), "an output and an example of different sizes");
        let scale = 1.0 / batch.max(1) as f32;
        let count = if with_gradient { z.len() } else { 0 };
        let mut gradient = Vec::with_capacity(count);
        let mut sums = vec![0.0_f64; z.len().div_ceil(PIECE)];
        let mut gradients = gradient.spare_capacity_mut()[..count].chunks_mut(PIECE);
        let pieces = z.chunks(PIECE).zip(x.chunks(PIECE)).zip(&mut sums);
        let pieces: Vec<_> = pieces.map(|((z, x), sum)| (z, x, sum, gradients.next())).collect();
        for_each(pieces, |(z, x, sum, gradient)| {
            *sum = match self {
                Self::Bernoulli => each(z, x, gradient, scale, bernoulli),
                Self::SquaredError => each(z, x, gradient, scale, squared_error),
                Self::SigmoidSquaredError => each(z, x, gradient, scale, sigmoid_squared_error),
            };
        });
        // SAFETY: where there is a gradient, `each` has written every value of its pieces, which cover it.
        unsafe { gradient.set_len(count) };
        let mean = sums.iter().sum::<f64>() / batch.max(1) as f64;
        (mean as f32, with_gradient.then(|| primitive(gradient, [batch, features])))
    }
}

#[inline(always)]
fn bernoulli(z: f32, x: f32) -> (f32, f32) {
    (math::softplus(z) - x * z, math::sigmoid(z) - x)
}

#[inline(always)]
fn squared_error(z: f32, x: f32) -> (f32, f32) {
    let difference = z - x;
    (difference * difference, 2.0 * difference)
}

#[inline(always)]
fn sigmoid_squared_error(z: f32, x: f32) -> (f32, f32) {
    let s = math::sigmoid(z);
    let difference = s - x;
    (difference * difference, 2.0 * difference * (s - s * s))
}

/// The sum of the losses; gradients, where they are asked for, times `scale`: then one is written for each value.
fn each(
    z: &[f32],
    x: &[f32],
    gradient: Option<&mut [MaybeUninit<f32>]>,
    scale: f32,
    f: impl Fn(f32, f32) -> (f32, f32),
) -> f64 {
    vectorised(
        #[inline(always)]
        || match gradient {
            Some(gradient) => lanes(z, x, |start, z, x, sums| {
                let gradient = &mut gradient[start..start + z.len()];
                for (((sum, to), &z), &x) in sums.iter_mut().zip(gradient).zip(z).zip(x) {
                    let (loss, slope) = f(z, x);
                    *sum += loss;
                    to.write(scale * slope);
                }
            }),
            None => lanes(z, x, |_, z, x, sums| {
                for ((sum, &z), &x) in sums.iter_mut().zip(z).zip(x) {
                    *sum += f(z, x).0;
                }
            }),
        },
    )
}

/// Sums side by side: in f32 over a stretch of values, then in f64.
#[inline(always)]
pub(crate) fn lanes(
    z: &[f32],
    x: &[f32],
    mut f: impl FnMut(usize, &[f32], &[f32], &mut [f32; LANES]),
) -> f64 {
    const STRETCH: usize = 64 * LANES;
    let mut total = 0.0;
    for (index, (z, x)) in z.chunks(STRETCH).zip(x.chunks(STRETCH)).enumerate() {
        let mut sums = [0.0; LANES];
        for (step, (z, x)) in z.chunks(LANES).zip(x.chunks(LANES)).enumerate() {
            f(index * STRETCH + step * LANES, z, x, &mut sums);
        }
        total += sums.iter().map(|&sum| f64::from(sum)).sum::<f64>();
    }
    total
}

#[derive(Debug)]
struct LossBackward;

impl Backward<Flex, 1> for LossBackward {
    /// The gradient with respect to the output, for a gradient of 1 of the mean.
    type State = Primitive;

    fn backward(self, ops: Ops<Primitive, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let above = contiguous(grads.consume::<Flex>(&ops.node)).storage::<f32>()[0];
        let [Some(parent)] = ops.parents else { return };
        let mut gradient = ops.state;
        if above != 1.0 {
            let values = gradient.storage_mut::<f32>();
            vectorised(
                #[inline(always)]
                || values.iter_mut().for_each(|value| *value *= above),
            );
        }
        grads.register::<Flex>(parent.id, gradient);
    }
}
