//! The type a model's products are computed in, while its weights stay in f32.

use autoencoder_core::{Code, DiagonalGaussian};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{FloatDType, Tensor};
use serde::{Deserialize, Serialize};

/// The type of the numbers inside the encoder and the decoder in training. Weights, steps, losses and penalties are in f32
/// whatever it is, and so is all that happens after training (Micikevicius et al. 2018).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 24 bits of precision.
    #[default]
    F32,
    /// 8 bits of precision over the range of f32.
    Bf16,
    /// 11 bits of precision between 6e-8 and 65504. Gradients are computed 1024 times as large, since many are smaller.
    F16,
}

/// What gradients are multiplied by inside a model in f16: a power of two, which rounds nothing.
const SCALE: f32 = 1024.0;

impl Precision {
    /// A copy of the model in that type, from which gradients flow to the model's own weights; `None` where the model has
    /// that type itself.
    pub(crate) fn narrowed<M: Module>(self, model: &M) -> Option<M> {
        (self != Self::F32).then(|| model.clone().map(&mut Narrow(self)))
    }

    /// A tensor on its way into such a copy.
    pub(crate) fn narrow<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::F32 => x,
            Self::Bf16 => x.cast(FloatDType::BF16),
            Self::F16 => with_gradient_times(x, 1.0 / SCALE).cast(FloatDType::F16),
        }
    }

    /// A tensor on its way out.
    pub(crate) fn widen<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::F32 => x,
            Self::Bf16 => x.cast(FloatDType::F32),
            Self::F16 => with_gradient_times(x.cast(FloatDType::F32), SCALE),
        }
    }

    /// A code on its way out.
    pub(crate) fn widen_code(self, code: Code) -> Code {
        let gaussian = |it: DiagonalGaussian| DiagonalGaussian {
            mean: self.widen(it.mean),
            log_variance: self.widen(it.log_variance),
        };
        Code {
            h: self.widen(code.h),
            pre_activation: code.pre_activation.map(|a| self.widen(a)),
            posterior: code.posterior.map(gaussian),
        }
    }
}

/// The same values, whose gradient is multiplied by `factor` on its way back.
fn with_gradient_times<const D: usize>(x: Tensor<D>, factor: f32) -> Tensor<D> {
    let fixed = x.clone().detach();
    fixed.clone() + (x - fixed).mul_scalar(factor)
}

struct Narrow(Precision);

impl ModuleMapper for Narrow {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|weight| self.0.narrow(weight))
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    #[test]
    fn values_stay_and_gradients_are_scaled_both_ways() {
        let x = Tensor::<1>::from_data([0.1, -3.0], &Device::flex().autodiff()).require_grad();
        let y = with_gradient_times(x.clone(), SCALE);
        assert_eq!(y.to_data(), x.to_data());
        let gradients = y.sum().backward();
        let gradient: Vec<f32> = x.grad(&gradients).expect("a gradient").into_data().iter().collect();
        assert_eq!(gradient, [SCALE; 2]);
    }

    #[test]
    fn a_gradient_below_the_least_number_of_f16_gets_through() {
        for (precision, expected) in [(Precision::Bf16, 1e-8), (Precision::F16, 1e-8), (Precision::F32, 1e-8)]
        {
            let x = Tensor::<1>::from_data([0.5], &Device::flex().autodiff()).require_grad();
            let y = precision.widen(precision.narrow(x.clone()).mul_scalar(1.0));
            let gradients = y.mul_scalar(1e-8).sum().backward();
            let gradient: f32 = x.grad(&gradients).expect("a gradient").into_scalar();
            assert!((gradient / expected - 1.0).abs() < 0.02, "{precision:?}: {gradient}");
        }
    }
}
