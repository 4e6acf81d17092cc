//! A layer in one operation: `s(x W + b)`, or `s(x Wᵀ + b)` for a layer tied to another, with its gradients.
//!
//! On the CPU backend each block of rows goes through product, bias and activation before the next begins, and
//! backwards through slope and products; the transpose of a tied weight is never made.

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};

use crate::activation::{self, times_slope};
use crate::blocks::{for_each, rows_of_block};
use crate::flex::{Primitive, contiguous, from_tracked, is_fast, lifted, primitive, tracked, untracked};
use crate::pointwise::Pointwise;
use crate::product::{Into, Matrix, product};

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
        let layer = Layer { x: untracked(x), w: untracked(w), layout, s };
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
            let layer = Layer { x: contiguous(x), w: contiguous(w), layout, s };
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
    activation::composed(x.matmul(w) + b.unsqueeze(), s)
}

/// What a layer computes with, contiguous.
#[derive(Clone, Debug)]
struct Layer {
    x: Primitive,
    w: Primitive,
    layout: Weight,
    s: Pointwise,
}

impl Layer {
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
        let [batch, inputs, outputs] = self.sizes();
        let bias = b.storage::<f32>();
        let rows = rows_of_block(batch, batch * inputs * outputs);
        let keep = keep && !self.s.slope_is_in_output();
        let mut h = vec![0.0; batch * outputs];
        let mut a = vec![0.0; if keep { h.len() } else { 0 }];
        let (x, w) = (self.x(), self.w());
        let size = (rows * outputs).max(1);
        let mut kept = a.chunks_mut(size);
        let blocks: Vec<_> =
            h.chunks_mut(size).enumerate().map(|(index, h)| (index, h, kept.next())).collect();
        for_each(blocks, |(index, h, kept)| {
            h.chunks_exact_mut(outputs).for_each(|row| row.copy_from_slice(bias));
            product(h, Into::Add, x.rows(index * rows, h.len() / outputs), w);
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
        let g = gradient.storage_mut::<f32>();
        times_slope(self.s, g, from.storage());
        let g = Matrix::new(gradient.storage(), batch, outputs);
        let (x, w) = (self.x(), self.w());
        let work = batch * inputs * outputs;

        let [needs_x, needs_parameters] = needs;
        let mut of_x = vec![0.0; if needs_x { batch * inputs } else { 0 }];
        let w_rows = if self.layout == Weight::Own { inputs } else { outputs };
        let mut of_w = vec![0.0; if needs_parameters { inputs * outputs } else { 0 }];
        let rows = rows_of_block(batch, work);
        let mut tasks: Vec<Task<'_>> = Vec::new();
        for (index, to) in of_x.chunks_mut((rows * inputs).max(1)).enumerate() {
            let count = to.len() / inputs;
            tasks.push(Task { to, left: g.rows(index * rows, count), right: w.transpose() });
        }
        // xᵀ g, or its transpose gᵀ x, cut along the rows of the weight.
        let (left, right) = if self.layout == Weight::Own { (x.transpose(), g) } else { (g.transpose(), x) };
        let columns = inputs * outputs / w_rows.max(1);
        let rows = rows_of_block(w_rows, work);
        for (index, to) in of_w.chunks_mut((rows * columns).max(1)).enumerate() {
            let count = to.len() / columns;
            tasks.push(Task { to, left: left.rows(index * rows, count), right });
        }
        for_each(tasks, |Task { to, left, right }| product(to, Into::Replace, left, right));
        let of_b = if needs_parameters { column_sums(gradient.storage(), outputs) } else { Vec::new() };
        Needed {
            x: needs_x.then(|| primitive(of_x, [batch, inputs])),
            w: needs_parameters.then(|| primitive(of_w, [w_rows, columns])),
            b: needs_parameters.then(|| primitive(of_b, [outputs])),
        }
    }
}

/// One product of a backward pass.
struct Task<'a> {
    to: &'a mut [f32],
    left: Matrix<'a>,
    right: Matrix<'a>,
}

/// The gradients that somebody needs.
struct Needed {
    x: Option<Primitive>,
    w: Option<Primitive>,
    b: Option<Primitive>,
}

/// The sum of each column, its rows added in order.
fn column_sums(values: &[f32], columns: usize) -> Vec<f32> {
    let mut sums = vec![0.0; columns];
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for row in values.chunks_exact(columns.max(1)) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
            }
        },
    );
    sums
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
