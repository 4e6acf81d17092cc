//! The squared Frobenius norm of a layer's Jacobian in closed form: `Σ_k s'(a_k)² Σ_j W_jk²` for each example
//! (Rifai et al. 2011, eq. 5), with its gradients. On the CPU backend no matrix of the weight's size is made on the
//! way.

#![allow(unsafe_code, reason = "a gradient is written to memory that nothing was written to before")]

use std::mem::MaybeUninit;

use burn::backend::Flex;
use burn::tensor::Tensor;
use burn_autodiff::checkpoint::base::Checkpointer;
use burn_autodiff::checkpoint::strategy::NoCheckpointing;
use burn_autodiff::grads::Gradients;
use burn_autodiff::ops::{Backward, Ops, OpsKind};

use crate::blocks::{FEW, for_each_of, piece_of_rows, written};
use crate::flex::{Primitive, contiguous, from_tracked, is_fast, lifted, primitive, tracked, untracked};
use crate::simd::vectorised;

/// `Σ_k slope_bk² Σ_j W_jk²`, `[batch]`, from the slopes `s'(a)` of a layer, `[batch, outputs]`, and its weight,
/// `[inputs, outputs]`.
pub fn squared_jacobian(slope: Tensor<2>, w: Tensor<2>) -> Tensor<1> {
    if !(is_fast(&slope) && is_fast(&w)) {
        return composed(slope, w);
    }
    if !slope.device().is_autodiff() && !w.device().is_autodiff() {
        return Tensor::from_primitive::<Flex>(Layer::new(untracked(slope), untracked(w)).forward());
    }
    let copies = (slope.clone(), w.clone());
    let (Some(slope), Some(w)) = (tracked(lifted(slope)), tracked(lifted(w))) else {
        return composed(copies.0, copies.1);
    };
    drop(copies);
    let (slope, slope_node) = slope.into_parts();
    let (w, w_node) = w.into_parts();
    let layer = Layer::new(contiguous(slope), contiguous(w));
    let norms = layer.forward();
    let prepared =
        JacobianBackward.prepare::<NoCheckpointing>([slope_node, w_node]).compute_bound().stateful();
    from_tracked(match prepared {
        OpsKind::Tracked(prep) => prep.finish(layer, norms),
        OpsKind::UnTracked(prep) => prep.finish(norms),
    })
}

/// The same composed of operations that every backend has.
pub fn composed(slope: Tensor<2>, w: Tensor<2>) -> Tensor<1> {
    let norms = (w.clone() * w).sum_dim(0); // [1, outputs]
    (slope.clone() * slope * norms).sum_dim(1).squeeze_dim(1)
}

/// A layer's slopes and weight, and `Σ_j W_jk²` for each output.
#[derive(Clone, Debug)]
struct Layer {
    slope: Primitive,
    w: Primitive,
    squares: Vec<f32>,
}

impl Layer {
    fn new(slope: Primitive, w: Primitive) -> Self {
        let outputs = w.layout().shape()[1];
        assert_eq!(
            slope.layout().shape()[1],
            outputs,
            "slopes of another number of outputs than the weight's"
        );
        let values = w.storage::<f32>();
        let size = piece_of_rows(outputs);
        let mut partial = vec![0.0; values.len().div_ceil(size) * outputs];
        let pieces = values.chunks(size).zip(partial.chunks_mut(outputs.max(1))).collect();
        for_each_of(FEW, pieces, |(rows, sums)| add_rows(sums, rows, |sum, w| sum + w * w));
        let mut squares = vec![0.0; outputs];
        add_rows(&mut squares, &partial, |sum, part| sum + part);
        Self { slope, w, squares }
    }

    /// The norm for each example.
    fn forward(&self) -> Primitive {
        let rows = self.slope.storage::<f32>().chunks_exact(self.squares.len().max(1));
        let of = |slope: &[f32]| {
            let terms = slope.iter().zip(&self.squares).map(|(s, w)| f64::from(s * s * w));
            terms.sum::<f64>() as f32
        };
        let norms: Vec<f32> = rows.map(of).collect();
        let batch = norms.len();
        primitive(norms, [batch])
    }

    /// The gradients of slopes and weight from that of the norms.
    fn backward(self, above: &[f32]) -> [Primitive; 2] {
        let Self { mut slope, w, squares } = self;
        let outputs = squares.len();
        // Σ_b above_b slope_bk², of which the weight's gradient is a multiple.
        let mut of_squares = vec![0.0; outputs];
        vectorised(
            #[inline(always)]
            || {
                let rows = slope.storage_mut::<f32>().chunks_exact_mut(outputs.max(1));
                for (row, above) in rows.zip(above) {
                    for ((s, sum), squares) in row.iter_mut().zip(&mut of_squares).zip(&squares) {
                        *sum += above * *s * *s;
                        *s *= 2.0 * above * squares;
                    }
                }
            },
        );
        of_squares.iter_mut().for_each(|value| *value *= 2.0);
        let values = w.storage::<f32>();
        let pass = |start: usize, to: &mut [MaybeUninit<f32>]| {
            vectorised(
                #[inline(always)]
                || {
                    let rows = values[start..start + to.len()].chunks_exact(outputs);
                    for (to, row) in to.chunks_exact_mut(outputs).zip(rows) {
                        to.iter_mut().zip(row).zip(&of_squares).for_each(|((to, w), factor)| {
                            to.write(w * factor);
                        });
                    }
                },
            );
        };
        // SAFETY: a piece is whole rows, of which each is written.
        let w = unsafe { written(values.len(), piece_of_rows(outputs), pass) };
        let shape = [w.len() / outputs.max(1), outputs];
        [slope, primitive(w, shape)]
    }
}

/// Folds each row into `sums`, in order.
fn add_rows(sums: &mut [f32], rows: &[f32], add: impl Fn(f32, f32) -> f32) {
    vectorised(
        #[inline(always)]
        || {
            for row in rows.chunks_exact(sums.len().max(1)) {
                sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum = add(*sum, value));
            }
        },
    );
}

#[derive(Debug)]
struct JacobianBackward;

impl Backward<Flex, 2> for JacobianBackward {
    type State = Layer;

    fn backward(self, ops: Ops<Layer, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let above = contiguous(grads.consume::<Flex>(&ops.node));
        let gradients = ops.state.backward(above.storage());
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let Some(node) = parent {
                grads.register::<Flex>(node.id, gradient);
            }
        }
    }
}
