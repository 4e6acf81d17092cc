//! Reconstruction losses per example, forward and backward in one pass each.
//!
//! On the CPU backend, tracked or not, the pass is vectorised; elsewhere the same is composed of tensor
//! operations by [`Loss::per_example`]. Relative accuracy on the CPU backend is 1e-6 for each feature.

use autoencoder_core::{Bernoulli, Loss, SquaredError};
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::Tensor;

use crate::elementary;
use crate::memory::{self, Primitive, is_on_cpu};

/// Cross-entropy on logits in nats, `Σ_j softplus(z_j) - x_j z_j`: `[batch, features]` twice to `[batch]`.
///
/// The same as [`Loss::Bernoulli`]'s, finite for any finite logits.
pub fn bernoulli_per_example(output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
    per_example(Kernel::Bernoulli, output, clean)
}

/// `Σ_j (x^_j - x_j)²`: `[batch, features]` twice to `[batch]`.
///
/// The same as [`Loss::SquaredError`]'s with the identity as output activation.
pub fn squared_error_per_example(output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
    per_example(Kernel::SquaredError, output, clean)
}

/// Which loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kernel {
    Bernoulli,
    SquaredError,
}

fn per_example(kernel: Kernel, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
    if !(output.dims() == clean.dims() && is_on_cpu(&output) && is_on_cpu(&clean)) {
        return kernel.composed(output, clean);
    }
    let (output, clean) = (output.into_dispatch(), clean.into_dispatch());
    Tensor::from_dispatch(<Dispatch as LossKernel>::per_example(output, clean, kernel))
}

impl Kernel {
    fn composed(self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
        let loss = match self {
            Self::Bernoulli => Loss::Bernoulli(Bernoulli::default()),
            Self::SquaredError => Loss::SquaredError(SquaredError::default()),
        };
        loss.per_example(output, clean)
    }

    fn sums(self, output: &[f32], clean: &[f32], shape: [usize; 2]) -> Vec<f32> {
        match self {
            Self::Bernoulli => memory::sum_rows(
                output,
                clean,
                shape,
                #[inline(always)]
                |z, x| elementary::softplus(z) - x * z,
            ),
            Self::SquaredError => memory::sum_rows(
                output,
                clean,
                shape,
                #[inline(always)]
                |y, x| (y - x) * (y - x),
            ),
        }
    }

    /// `output = g_r dL/d(output)`.
    fn output_gradient(self, output: &mut [f32], clean: &[f32], grad: &[f32], features: usize) {
        match self {
            Self::Bernoulli => memory::zip_rows_in_place(
                output,
                clean,
                grad,
                features,
                #[inline(always)]
                |z, x| elementary::sigmoid(z) - x,
            ),
            Self::SquaredError => memory::zip_rows_in_place(
                output,
                clean,
                grad,
                features,
                #[inline(always)]
                |y, x| 2.0 * (y - x),
            ),
        }
    }

    /// `clean = g_r dL/d(clean)`.
    fn clean_gradient(self, clean: &mut [f32], output: &[f32], grad: &[f32], features: usize) {
        match self {
            Self::Bernoulli => memory::zip_rows_in_place(
                clean,
                output,
                grad,
                features,
                #[inline(always)]
                |_, z| -z,
            ),
            Self::SquaredError => memory::zip_rows_in_place(
                clean,
                output,
                grad,
                features,
                #[inline(always)]
                |x, y| 2.0 * (x - y),
            ),
        }
    }
}

/// Losses of the CPU backend.
#[backend_extension(Flex, Autodiff)]
trait LossKernel: Backend {
    /// `[batch, features]` twice to `[batch]`.
    fn per_example(output: FloatTensor<Self>, clean: FloatTensor<Self>, kernel: Kernel) -> FloatTensor<Self>;
}

impl LossKernel for Flex {
    fn per_example(output: Primitive, clean: Primitive, kernel: Kernel) -> Primitive {
        let (output, clean) = (memory::contiguous(output), memory::contiguous(clean));
        let shape = [output.shape()[0], output.shape()[1]];
        memory::tensor(kernel.sums(output.storage(), clean.storage(), shape), [shape[0]])
    }
}

impl<C: CheckpointStrategy> LossKernel for Autodiff<Flex, C> {
    fn per_example(output: FloatTensor<Self>, clean: FloatTensor<Self>, kernel: Kernel) -> FloatTensor<Self> {
        let ((output, node), (clean, clean_node)) = (output.into_parts(), clean.into_parts());
        match Derivative.prepare::<C>([node, clean_node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, clean) = (memory::contiguous(output), memory::contiguous(clean));
                let loss = Flex::per_example(output.clone(), clean.clone(), kernel);
                prep.finish((output, clean, kernel), loss)
            }
            OpsKind::UnTracked(prep) => prep.finish(Flex::per_example(output, clean, kernel)),
        }
    }
}

/// `dJ/d(output)` and `dJ/d(clean)` from `g_r = dJ/dL_r`.
#[derive(Debug)]
struct Derivative;

impl Backward<Flex, 2> for Derivative {
    type State = (Primitive, Primitive, Kernel);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let (mut output, clean, kernel) = ops.state;
        let features = output.shape()[1];
        let grad = memory::contiguous(grads.consume::<Flex>(&ops.node));
        let [output_node, clean_node] = ops.parents;
        if let Some(node) = clean_node {
            let mut clean = clean.clone();
            kernel.clean_gradient(clean.storage_mut(), output.storage(), grad.storage(), features);
            grads.register::<Flex>(node.id, clean);
        }
        if let Some(node) = output_node {
            // Where the output was, if nobody else holds it.
            kernel.output_gradient(output.storage_mut(), clean.storage(), grad.storage(), features);
            grads.register::<Flex>(node.id, output);
        }
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::gradient_error;
    use burn::tensor::{Device, TensorData};

    use super::*;

    const BOTH: [Kernel; 2] = [Kernel::Bernoulli, Kernel::SquaredError];

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    fn matrix([rows, columns]: [usize; 2], value: impl Fn(usize) -> f32, device: &Device) -> Tensor<2> {
        let values: Vec<f32> = (0..rows * columns).map(value).collect();
        Tensor::from_data(TensorData::new(values, [rows, columns]), device)
    }

    fn logits(shape: [usize; 2], device: &Device) -> Tensor<2> {
        matrix(shape, |i| 6.0 * (i as f32 * 0.7).sin(), device)
    }

    fn examples(shape: [usize; 2], device: &Device) -> Tensor<2> {
        matrix(shape, |i| 0.5 + 0.5 * (i as f32 * 1.3).cos(), device)
    }

    /// The losses, and the gradients of output and clean example.
    fn passes(shape: [usize; 2], loss: impl Fn(Tensor<2>, Tensor<2>) -> Tensor<1>) -> [Vec<f32>; 3] {
        let device = Device::flex().autodiff();
        let (output, clean) =
            (logits(shape, &device).require_grad(), examples(shape, &device).require_grad());
        let losses = loss(output.clone(), clean.clone());
        // Every example weighs differently.
        let weights = matrix([1, shape[0]], |i| 0.1 * i as f32 - 1.0, &device).squeeze_dim::<1>(0);
        let gradients = (losses.clone() * weights).sum().backward();
        let of = |tensor: Tensor<2>| values(tensor.grad(&gradients).expect("a gradient"));
        [values(losses), of(output), of(clean)]
    }

    #[test]
    fn the_fast_path_agrees_with_composed_operations_forward_and_backward() {
        for kernel in BOTH {
            for shape in [[1, 1], [3, 7], [17, 33], [130, 1003]] {
                let fast = passes(shape, |output, clean| per_example(kernel, output, clean));
                let composed = passes(shape, |output, clean| kernel.composed(output, clean));
                for (fast, composed) in fast.iter().flatten().zip(composed.iter().flatten()) {
                    let close = (fast - composed).abs() <= 4e-6 * composed.abs().max(1.0);
                    assert!(close, "{kernel:?} {shape:?} {fast} {composed}");
                }
            }
        }
    }

    #[test]
    fn losses_agree_with_the_formula_in_f64() {
        let shape = [9, 131];
        let (output, clean) = (logits(shape, &Device::flex()), examples(shape, &Device::flex()));
        let (z, x) = (values(output.clone()), values(clean.clone()));
        for (row, loss) in values(bernoulli_per_example(output, clean)).into_iter().enumerate() {
            let features = row * shape[1]..(row + 1) * shape[1];
            let expected: f64 = features
                .map(|i| {
                    let (y, x) = (1.0 / (1.0 + f64::from(-z[i]).exp()), f64::from(x[i]));
                    -x * y.ln() - (1.0 - x) * (1.0 - y).ln()
                })
                .sum();
            assert!((f64::from(loss) - expected).abs() < 1e-6 * expected, "{loss} {expected}");
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for kernel in BOTH {
            let at = [[0.4, -0.9, 1.3], [-2.0, 0.15, 0.6]];
            let other = || Tensor::<2>::from_data([[0.0, 1.0, 0.25], [0.5, 0.75, 1.0]], &Device::flex());
            let output = gradient_error(at, |output| per_example(kernel, output, other()).sum());
            let clean = gradient_error(at, |clean| per_example(kernel, other(), clean).sum());
            let same =
                gradient_error(at, |both| per_example(kernel, both.clone(), both.mul_scalar(0.5)).sum());
            assert!(output < 1e-3 && clean < 1e-3 && same < 1e-3, "{kernel:?} {output} {clean} {same}");
        }
    }

    #[test]
    fn extreme_logits_give_finite_losses_and_gradients() {
        let device = Device::flex().autodiff();
        let output = Tensor::<2>::from_data([[1e30, -1e30, 200.0, -200.0, 0.0]], &device).require_grad();
        let clean = Tensor::<2>::from_data([[1.0, 0.0, 0.0, 1.0, 0.5]], &Device::flex());
        let loss = bernoulli_per_example(output.clone(), clean);
        let gradient = values(output.grad(&loss.clone().sum().backward()).expect("a gradient"));
        assert!(values(loss)[0].is_finite());
        assert_eq!(gradient, [0.0, 0.0, 1.0, -1.0, 0.0]);
    }

    #[test]
    fn transposed_and_sliced_inputs_are_read_in_their_own_order() {
        for kernel in BOTH {
            let output = logits([30, 40], &Device::flex());
            let clean = examples([50, 60], &Device::flex());
            let (output_view, clean_view) = (output.clone().transpose(), clean.clone().slice([5..45, 7..37]));
            let copy = |tensor: &Tensor<2>| Tensor::from_data(tensor.clone().into_data(), &Device::flex());
            let expected = values(per_example(kernel, copy(&output_view), copy(&clean_view)));
            assert_eq!(values(per_example(kernel, output_view, clean_view)), expected);
            assert_eq!(values(output), values(logits([30, 40], &Device::flex())));
        }
    }

    #[test]
    fn what_the_backward_pass_overwrites_is_still_there_for_whoever_holds_it() {
        let device = Device::flex().autodiff();
        let tracked = logits([5, 9], &device).require_grad();
        let output = tracked.clone().mul_scalar(1.0);
        let loss = bernoulli_per_example(output.clone(), examples([5, 9], &device));
        let _ = loss.sum().backward();
        assert_eq!(values(output), values(logits([5, 9], &device)));
    }

    #[test]
    fn an_empty_batch_has_no_losses() {
        for kernel in BOTH {
            let empty = || Tensor::<2>::zeros([0, 5], &Device::flex());
            assert_eq!(per_example(kernel, empty(), empty()).dims(), [0]);
        }
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| passes([203, 1001], bernoulli_per_example))
        };
        assert_eq!(with(1), with(2));
        assert_eq!(with(1), with(4));
    }
}
