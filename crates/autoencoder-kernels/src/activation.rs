//! Elementwise activations `h = s(a)`, with or without a bias, forward and backward in one pass each.
//!
//! On the CPU backend, tracked or not, the pass is vectorised and the bias is added in it; elsewhere the
//! same is composed of tensor operations. Accuracy: the exponential is within 2 units in the last place,
//! sigmoid, tanh and softplus within 4, GELU's `Φ` within 5e-7 relatively down to -4.

mod function;
mod kernel;

use burn::backend::Dispatch;
use burn::tensor::Tensor;

pub use function::Function;
use kernel::ActivationKernel;

use crate::memory::is_on_cpu;

/// `1 / (1 + e^-a)`, elementwise.
pub fn sigmoid<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    Function::Sigmoid.of(a)
}

/// The hyperbolic tangent, elementwise.
pub fn tanh<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    Function::Tanh.of(a)
}

/// `a Φ(a)` with the exact normal distribution function (Hendrycks and Gimpel 2016), elementwise.
pub fn gelu<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    Function::Gelu.of(a)
}

/// `max(a, 0)`, elementwise.
pub fn relu<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    Function::Relu.of(a)
}

impl Function {
    /// `s(a)`, elementwise.
    pub fn of<const D: usize>(self, a: Tensor<D>) -> Tensor<D> {
        if self == Self::Identity || !is_on_cpu(&a) {
            return self.composed(a);
        }
        Tensor::from_dispatch(<Dispatch as ActivationKernel>::activate(a.into_dispatch(), self))
    }

    /// `s(a + b)`: `a` `[batch, features]`, `b` `[features]`. After a matrix product this costs one pass
    /// less over `[batch, features]` than adding the bias before, in either direction.
    pub fn of_biased(self, a: Tensor<2>, b: Tensor<1>) -> Tensor<2> {
        let same_features = a.dims()[1] == b.dims()[0] && b.dims()[0] > 0;
        if !(same_features && is_on_cpu(&a) && is_on_cpu(&b)) {
            return self.composed(a + b.unsqueeze());
        }
        let (a, b) = (a.into_dispatch(), b.into_dispatch());
        Tensor::from_dispatch(<Dispatch as ActivationKernel>::activate_biased(a, b, self))
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::gradient_error;
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
        tensor.into_data().iter::<f32>().collect()
    }

    /// `[rows, columns]` values between -8 and 8, those of a row far apart.
    fn matrix([rows, columns]: [usize; 2], device: &Device) -> Tensor<2> {
        let value = |i: usize| 8.0 * (i as f32 * 0.7).sin();
        let values: Vec<f32> = (0..rows * columns).map(value).collect();
        Tensor::from_data(TensorData::new(values, [rows, columns]), device)
    }

    fn assert_close(fast: &[f32], composed: &[f32], what: &str) {
        assert_eq!(fast.len(), composed.len(), "{what}");
        for (fast, composed) in fast.iter().zip(composed) {
            assert!((fast - composed).abs() < 2e-6 * composed.abs().max(1.0), "{what} {fast} {composed}");
        }
    }

    /// Output, gradient of the input and gradient of the bias.
    fn passes(shape: [usize; 2], of: impl Fn(Tensor<2>, Tensor<1>) -> Tensor<2>) -> [Vec<f32>; 3] {
        let device = Device::flex().autodiff();
        let a = matrix(shape, &device).require_grad();
        let b = matrix([1, shape[1]], &device).squeeze_dim::<1>(0).require_grad();
        let output = of(a.clone(), b.clone());
        // Every element weighs differently.
        let gradients = (output.clone() * matrix(shape, &device).add_scalar(1.0)).sum().backward();
        let of = |gradient: Option<Vec<f32>>| gradient.expect("a gradient");
        [values(output), of(a.grad(&gradients).map(values)), of(b.grad(&gradients).map(values))]
    }

    #[test]
    fn the_fast_path_agrees_with_composed_operations_forward_and_backward() {
        for function in Function::ALL {
            for shape in [[1, 1], [3, 7], [17, 33], [130, 1003]] {
                let fast = passes(shape, |a, b| {
                    function.of(a) + function.of_biased(matrix(shape, &Device::flex().autodiff()), b)
                });
                let composed = passes(shape, |a, b| {
                    function.composed(a)
                        + function.composed(matrix(shape, &Device::flex().autodiff()) + b.unsqueeze())
                });
                for (fast, composed) in fast.iter().zip(&composed) {
                    // Column sums collect the rounding of their terms.
                    let scale = (shape[0] as f32).sqrt();
                    let scaled =
                        |values: &[f32]| values.iter().map(|value| value / scale).collect::<Vec<_>>();
                    assert_close(&scaled(fast), &scaled(composed), &format!("{function:?} {shape:?}"));
                }
            }
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for function in Function::ALL {
            let at = [[0.4, -0.9, 1.3], [-2.0, 0.15, 0.6]];
            let error = gradient_error(at, |a| function.of(a).sum());
            assert!(error < 1e-3, "{function:?} {error}");
            // The first row is the bias and is added to every row.
            let error =
                gradient_error(at, |a| function.of_biased(a.clone(), a.slice([0..1]).squeeze_dim(0)).sum());
            assert!(error < 1e-3, "{function:?} with bias {error}");
        }
    }

    #[test]
    fn values_agree_with_the_formula_in_f64() {
        for (function, formula) in [
            (Function::Sigmoid, (|a: f64| 1.0 / (1.0 + (-a).exp())) as fn(f64) -> f64),
            (Function::Tanh, f64::tanh),
            (Function::Silu, |a| a / (1.0 + (-a).exp())),
            (Function::Softplus, |a| a.exp().ln_1p()),
        ] {
            let a = matrix([19, 53], &Device::flex());
            for (a, h) in values(a.clone()).into_iter().zip(values(function.of(a))) {
                let expected = formula(f64::from(a));
                assert!(
                    (f64::from(h) - expected).abs() < 5e-7 * expected.abs(),
                    "{function:?} {a} {h} {expected}"
                );
            }
        }
        // Φ(1) = 0.8413447460685429, Φ(-3) = 0.0013498980316300946.
        let gelu = values(gelu(Tensor::<1>::from_data([1.0, -3.0], &Device::flex())));
        assert!(
            (gelu[0] - 0.841_344_75).abs() < 2e-7 && (gelu[1] + 0.004_049_694_1).abs() < 3e-9,
            "{gelu:?}"
        );
    }

    #[test]
    fn transposed_and_sliced_inputs_are_read_in_their_own_order() {
        for function in Function::ALL {
            let a = matrix([40, 30], &Device::flex());
            let view = a.clone().transpose().slice([3..20, 5..25]);
            let copy = Tensor::<2>::from_data(view.clone().into_data(), &Device::flex());
            assert_eq!(values(function.of(view.clone())), values(function.of(copy.clone())));
            let bias = matrix([20, 2], &Device::flex()).slice([0..20, 1..2]).squeeze_dim::<1>(1);
            let bias_copy = Tensor::<1>::from_data(bias.clone().into_data(), &Device::flex());
            assert_eq!(values(function.of_biased(view, bias)), values(function.of_biased(copy, bias_copy)));
            // What was there before is still there for whoever holds it.
            assert_eq!(values(a), values(matrix([40, 30], &Device::flex())));
        }
    }

    #[test]
    fn an_empty_batch_gives_an_empty_result() {
        for function in Function::ALL {
            let bias = Tensor::<1>::zeros([5], &Device::flex());
            assert_eq!(function.of_biased(Tensor::zeros([0, 5], &Device::flex()), bias).dims(), [0, 5]);
            assert_eq!(function.of(Tensor::<2>::zeros([0, 5], &Device::flex())).dims(), [0, 5]);
        }
    }

    #[test]
    fn extreme_inputs_give_finite_values_and_gradients() {
        for function in Function::ALL {
            let device = Device::flex().autodiff();
            let a = Tensor::<1>::from_data([-1e30, -100.0, -0.0, 100.0, 1e30], &device).require_grad();
            let h = function.of(a.clone());
            let gradient = a.grad(&h.clone().sum().backward()).expect("a gradient");
            assert!(values(h).into_iter().chain(values(gradient)).all(f32::is_finite), "{function:?}");
        }
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| passes([203, 1001], |a, b| Function::Gelu.of_biased(a, b)))
        };
        assert_eq!(with(1), with(2));
        assert_eq!(with(1), with(4));
    }
}
