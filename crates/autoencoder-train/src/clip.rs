//! Clipping of gradients by their global norm.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// Kept between the limit and a norm of zero, as PyTorch's `clip_grad_norm_` does.
const EPSILON: f64 = 1e-6;

/// The gradients, all multiplied by `min(1, limit / (norm + 1e-6))`, where `norm` is the Euclidean norm of all of them
/// together (Pascanu et al. 2013, section 3.2). Nothing waits for the device.
pub(crate) fn clip<M: Module>(gradients: GradientsParams, model: &M, limit: f64) -> GradientsParams {
    let mut norm = Norm { gradients: &gradients, squares: None };
    model.visit(&mut norm);
    let Some(squares) = norm.squares else { return gradients };
    let factor = squares.sqrt().add_scalar(EPSILON).recip().mul_scalar(limit).clamp_max(1.0);
    let mut scaled = Scaled { gradients, factor };
    model.visit(&mut scaled);
    scaled.gradients
}

/// Sums up the squares of all gradients.
struct Norm<'a> {
    gradients: &'a GradientsParams,
    squares: Option<Tensor<1>>,
}

impl ModuleVisitor for Norm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let Some(gradient) = self.gradients.get::<D>(param.id) else { return };
        let squares = gradient.square().sum();
        self.squares = Some(match self.squares.take() {
            Some(before) => before + squares,
            None => squares,
        });
    }
}

/// Multiplies each gradient by one factor.
struct Scaled {
    gradients: GradientsParams,
    factor: Tensor<1>,
}

impl ModuleVisitor for Scaled {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient * self.factor.clone().reshape([1; D]));
        }
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    /// Two parameters of unlike rank.
    #[derive(Module, Debug)]
    struct Pair {
        weight: Param<Tensor<2>>,
        bias: Param<Tensor<1>>,
    }

    fn clipped(limit: f64) -> Vec<f32> {
        let device = Device::flex();
        let pair = Pair {
            weight: Param::from_tensor(Tensor::zeros([1, 2], &device)),
            bias: Param::from_tensor(Tensor::zeros([1], &device)),
        };
        let mut gradients = GradientsParams::new();
        gradients.register(pair.weight.id, Tensor::<2>::from_data([[2.0, 3.0]], &device));
        gradients.register(pair.bias.id, Tensor::<1>::from_data([-6.0], &device));
        let gradients = clip(gradients, &pair, limit);
        let weight = gradients.get::<2>(pair.weight.id).expect("kept").into_data();
        let bias = gradients.get::<1>(pair.bias.id).expect("kept").into_data();
        weight.iter::<f32>().chain(bias.iter::<f32>()).collect()
    }

    #[test]
    fn all_gradients_are_scaled_to_the_limit_and_short_ones_left_as_they_are() {
        // The norm of (2, 3, -6) is 7.
        for (found, expected) in clipped(3.5).into_iter().zip([1.0, 1.5, -3.0]) {
            assert!((found - expected).abs() < 1e-5, "{found} for {expected}");
        }
        assert_eq!(clipped(7.5), [2.0, 3.0, -6.0]);
    }
}
