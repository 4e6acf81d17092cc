//! A layer in one operation: `s(x W + b)`, or `s(x Wᵀ + b)` for a layer tied to another, with its gradients.
//!
//! On the CPU backend bias and activation are one pass after the product, and backwards slope and column sums one
//! before it; the transpose of a tied weight is never made.

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};

use crate::activation;
use crate::blocks::{FEW, for_each_of, piece_of_rows};
use crate::flex::{Primitive, contiguous, from_tracked, is_fast, lifted, primitive, tracked, untracked};
use crate::pointwise::Pointwise;
use crate::product::{Matrix, multiplied};
use crate::simd::vectorised;
use crate::sparse::Filled;

/// How the weight of a layer lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// `[inputs, outputs]`.
    Own,
    /// `[outputs, inputs]`: the weight of the layer that this one is tied to.
    Tied,
}

/// `s(x W + b)`, `[batch, inputs] -> [batch, outputs]`, with `W` as `layout` says and `b` `[outputs]`.
pub fn linear(x: Tensor<2>, w: Tensor<2>, b: Tensor<1>, layout: Weight, s: Pointwise) -> Tensor<2> {
    if !(is_fast(&x) && is_fast(&w) && is_fast(&b)) {
        return composed(x, w, b, layout, s);
    }
    let devices = [x.device(), w.device(), b.device()];
    if devices.iter().all(|device| !device.is_autodiff()) {
        let layer = Layer::new(untracked(x), untracked(w), layout, s);
        let (h, _) = layer.forward(&untracked(b), false);
        return Tensor::from_primitive::<Flex>(h);
    }
    let copies = (x.clone(), w.clone(), b.clone());
    match (tracked(lifted(x)), tracked(lifted(w)), tracked(lifted(b))) {
        (Some(x), Some(w), Some(b)) => {
            let [has_x, has_parameters] = [x.is_tracked(), w.is_tracked() || b.is_tracked()];
            let (x, x_node) = x.into_parts();
            let (w, w_node) = w.into_parts();
            let (b, b_node) = b.into_parts();
            let layer = Layer::new(contiguous(x), contiguous(w), layout, s);
            let (h, from) = layer.forward(&contiguous(b), has_x || has_parameters);
            let h = match LinearBackward
                .prepare::<NoCheckpointing>([x_node, w_node, b_node])
                .compute_bound()
                .stateful()
            {
                OpsKind::Tracked(prep) => {
                    let from = from.unwrap_or_else(|| h.clone());
                    prep.finish(State { layer, from, has_x, has_parameters }, h)
                }
                OpsKind::UnTracked(prep) => prep.finish(h),
            };
            from_tracked(h)
        }
        _ => composed(copies.0, copies.1, copies.2, layout, s),
    }
}

/// The same composed of operations that every backend has.
pub fn composed(x: Tensor<2>, w: Tensor<2>, b: Tensor<1>, layout: Weight, s: Pointwise) -> Tensor<2> {
    let w = if layout == Weight::Own { w } else { w.transpose() };
    let ([batch, inputs], outputs) = (x.dims(), w.dims()[1]);
    let parts = parts(batch);
    let a = match parts {
        1 => x.matmul(w),
        _ => x.reshape([parts, batch / parts, inputs]).matmul(w.unsqueeze::<3>()).reshape([batch, outputs]),
    };
    activation::composed(a + b.unsqueeze(), s)
}

/// How many parts of equal size a batch is cut into. The weight's gradient is a product of few outputs and a sum over the
/// batch, which keeps few units of a GPU busy; of a batch in parts autodiff makes a product for each and their sum.
fn parts(batch: usize) -> usize {
    const LEAST: usize = 512;
    let mut parts = 1;
    while batch.is_multiple_of(2 * parts) && batch / (2 * parts) >= LEAST {
        parts *= 2;
    }
    parts
}

/// What a layer computes with, contiguous.
#[derive(Clone, Debug)]
struct Layer {
    x: Primitive,
    w: Primitive,
    layout: Weight,
    s: Pointwise,
    /// Where `x` is sparse.
    filled: Option<Filled>,
}

impl Layer {
    fn new(x: Primitive, w: Primitive, layout: Weight, s: Pointwise) -> Self {
        let mut layer = Self { x, w, layout, s, filled: None };
        let [_, inputs, outputs] = layer.sizes();
        // The rows of a tied weight, of which what is not zero would be summed, are its columns.
        if layout == Weight::Own {
            layer.filled = Filled::of(layer.x.storage(), inputs, outputs);
        }
        layer
    }

    /// Batch, inputs and outputs.
    fn sizes(&self) -> [usize; 3] {
        let (x, w) = (self.x.layout().shape(), self.w.layout().shape());
        let [inputs, outputs] = if self.layout == Weight::Own { [w[0], w[1]] } else { [w[1], w[0]] };
        assert_eq!(x[1], inputs, "a layer of {inputs} inputs and examples of {} features", x[1]);
        [x[0], inputs, outputs]
    }

    fn x(&self) -> Matrix<'_> {
        let [batch, inputs, _] = self.sizes();
        Matrix::new(self.x.storage(), batch, inputs)
    }

    /// `[inputs, outputs]`, wherever it lies.
    fn w(&self) -> Matrix<'_> {
        let [_, inputs, outputs] = self.sizes();
        match self.layout {
            Weight::Own => Matrix::new(self.w.storage(), inputs, outputs),
            Weight::Tied => Matrix::new(self.w.storage(), outputs, inputs).transpose(),
        }
    }

    /// `s(x W + b)` and, where it is asked for and not that itself, `x W + b`.
    fn forward(&self, b: &Primitive, keep: bool) -> (Primitive, Option<Primitive>) {
        let [batch, _, outputs] = self.sizes();
        let bias = b.storage::<f32>();
        let keep = keep && !self.s.slope_is_in_output();
        let mut h = match &self.filled {
            Some(filled) => filled.times(self.x.storage(), self.w.storage(), outputs),
            None => multiplied(self.x(), self.w()),
        };
        let mut a = vec![0.0; if keep { h.len() } else { 0 }];
        let size = piece_of_rows(outputs);
        let mut kept = a.chunks_mut(size);
        let pieces = h.chunks_mut(size).map(|h| (h, kept.next())).collect();
        for_each_of(FEW, pieces, |(h, kept)| {
            add_to_rows(h, bias);
            if let Some(kept) = kept {
                kept.copy_from_slice(h);
            }
            self.s.apply(h);
        });
        let shape = [batch, outputs];
        (primitive(h, shape), keep.then(|| primitive(a, shape)))
    }

    /// The gradients of `x`, `W` and `b` from that of `h`; `from` is what the slope is computed from.
    fn backward(&self, mut gradient: Primitive, from: &Primitive, needs: [bool; 2]) -> Needed {
        let [batch, inputs, outputs] = self.sizes();
        let [needs_x, needs_parameters] = needs;
        let of_b = self.slope_and_sums(gradient.storage_mut(), from.storage(), needs_parameters);
        let g = Matrix::new(gradient.storage(), batch, outputs);
        // xᵀ g, or its transpose gᵀ x.
        let of_w = || match (self.layout, &self.filled) {
            (Weight::Own, Some(filled)) if filled.is_sparse() => {
                let of_w = filled.transposed_times(self.x.storage(), gradient.storage(), outputs);
                primitive(of_w, [inputs, outputs])
            }
            (Weight::Own, _) => primitive(multiplied(self.x().transpose(), g), [inputs, outputs]),
            (Weight::Tied, _) => primitive(multiplied(g.transpose(), self.x()), [outputs, inputs]),
        };
        Needed {
            x: needs_x.then(|| primitive(multiplied(g, self.w().transpose()), [batch, inputs])),
            w: needs_parameters.then(of_w),
            b: needs_parameters.then(|| primitive(of_b, [outputs])),
        }
    }

    /// Multiplies the gradient by the slope, and sums its columns: over the rows of a piece, then over pieces.
    fn slope_and_sums(&self, gradient: &mut [f32], from: &[f32], sums: bool) -> Vec<f32> {
        let [_, _, outputs] = self.sizes();
        let size = piece_of_rows(outputs);
        let mut partial = vec![0.0; if sums { gradient.len().div_ceil(size) * outputs } else { 0 }];
        let mut partials = partial.chunks_mut(outputs.max(1));
        let pieces = gradient.chunks_mut(size).zip(from.chunks(size));
        let pieces = pieces.map(|(gradient, from)| (gradient, from, partials.next())).collect();
        for_each_of(FEW, pieces, |(gradient, from, sums): (&mut [f32], &[f32], Option<&mut [f32]>)| {
            self.s.times_slope(gradient, from);
            if let Some(sums) = sums {
                add_rows(sums, gradient);
            }
        });
        let mut total = vec![0.0; if sums { outputs } else { 0 }];
        add_rows(&mut total, &partial);
        total
    }
}

/// The gradients that somebody needs.
struct Needed {
    x: Option<Primitive>,
    w: Option<Primitive>,
    b: Option<Primitive>,
}

/// Adds `bias` to each row.
fn add_to_rows(rows: &mut [f32], bias: &[f32]) {
    vectorised(
        #[inline(always)]
        || {
            for row in rows.chunks_exact_mut(bias.len().max(1)) {
                row.iter_mut().zip(bias).for_each(|(value, bias)| *value += bias);
            }
        },
    );
}

/// Adds each row to `sums`, in order.
fn add_rows(sums: &mut [f32], rows: &[f32]) {
    vectorised(
        #[inline(always)]
        || {
            for row in rows.chunks_exact(sums.len().max(1)) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
        },
    );
}

#[derive(Debug)]
struct LinearBackward;

#[derive(Clone, Debug)]
struct State {
    layer: Layer,
    from: Primitive,
    has_x: bool,
    has_parameters: bool,
}

impl Backward<Flex, 3> for LinearBackward {
    type State = State;

    fn backward(self, ops: Ops<State, 3>, grads: &mut Gradients, _: &mut Checkpointer) {
        let State { layer, from, has_x, has_parameters } = ops.state;
        let gradient = contiguous(grads.consume::<Flex>(&ops.node));
        let Needed { x, w, b } = layer.backward(gradient, &from, [has_x, has_parameters]);
        for (parent, gradient) in ops.parents.into_iter().zip([x, w, b]) {
            if let (Some(node), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_skipped_where_the_weight_is_the_layers_own() {
        let [batch, inputs, outputs] = [6, 50, 400];
        let x = |every: usize| {
            let value = |at: usize| if at.is_multiple_of(every) { 1.0 } else { 0.0 };
            primitive((0..batch * inputs).map(value).collect(), [batch, inputs])
        };
        let w = |shape: [usize; 2]| primitive(vec![0.5; inputs * outputs], shape);
        let own = |every| Layer::new(x(every), w([inputs, outputs]), Weight::Own, Pointwise::Identity);
        assert!(own(7).filled.is_some_and(|filled| filled.is_sparse()));
        assert!(own(1).filled.is_none());
        let tied = Layer::new(x(7), w([outputs, inputs]), Weight::Tied, Pointwise::Identity);
        assert!(tied.filled.is_none());
    }
}
