//! Which activation, and its derivative.

use burn::tensor::{Tensor, activation};

use crate::elementary;

/// `s` of `h = s(a)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Function {
    /// `a`.
    Identity,
    /// `max(a, 0)`.
    Relu,
    /// `a` above zero, `0.01 a` below.
    LeakyRelu,
    /// `a Φ(a)` with the exact normal distribution function (Hendrycks and Gimpel 2016).
    Gelu,
    /// `a sigmoid(a)`.
    Silu,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + e^-a)`.
    Sigmoid,
    /// `ln(1 + e^a)`.
    Softplus,
}

/// What is kept for the derivative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Nothing,
    Input,
    Output,
}

impl Function {
    /// Every activation.
    pub const ALL: [Self; 8] = [
        Self::Identity,
        Self::Relu,
        Self::LeakyRelu,
        Self::Gelu,
        Self::Silu,
        Self::Tanh,
        Self::Sigmoid,
        Self::Softplus,
    ];

    /// What [`slope`](visit) is a function of.
    pub(super) fn kept(self) -> Kept {
        match self {
            Self::Identity => Kept::Nothing,
            Self::Relu | Self::LeakyRelu | Self::Tanh | Self::Sigmoid => Kept::Output,
            Self::Gelu | Self::Silu | Self::Softplus => Kept::Input,
        }
    }

    /// `s(a)` of tensor operations.
    pub(super) fn composed<const D: usize>(self, a: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Identity => a,
            Self::Relu => activation::relu(a),
            Self::LeakyRelu => activation::leaky_relu(a, LEAK),
            Self::Gelu => activation::gelu(a),
            Self::Silu => activation::silu(a),
            Self::Tanh => activation::tanh(a),
            Self::Sigmoid => activation::sigmoid(a),
            Self::Softplus => activation::softplus(a, 1.0),
        }
    }

    /// Calls `visitor` with `s` and `s'` as functions of their own, so that its loops are compiled for
    /// each.
    pub(super) fn visit<V: Visitor>(self, visitor: V) -> V::Output {
        match self {
            Self::Identity => visitor.call(
                #[inline(always)]
                |a| a,
                #[inline(always)]
                |_| 1.0,
            ),
            Self::Relu => visitor.call(
                // Written so that NaN stays NaN.
                #[inline(always)]
                |a| if a < 0.0 { 0.0 } else { a },
                #[inline(always)]
                |h| if h <= 0.0 { 0.0 } else { 1.0 },
            ),
            Self::LeakyRelu => visitor.call(
                #[inline(always)]
                |a| if a < 0.0 { LEAK as f32 * a } else { a },
                #[inline(always)]
                |h| if h < 0.0 { LEAK as f32 } else { 1.0 },
            ),
            Self::Gelu => visitor.call(
                #[inline(always)]
                |a| a * elementary::normal(a).0,
                #[inline(always)]
                |a| {
                    let (distribution, e) = elementary::normal(a);
                    distribution + a * (e * FRAC_1_SQRT_2_PI)
                },
            ),
            Self::Silu => visitor.call(
                #[inline(always)]
                |a| a * elementary::sigmoid(a),
                #[inline(always)]
                |a| {
                    let s = elementary::sigmoid(a);
                    s + a * (s * (1.0 - s))
                },
            ),
            Self::Tanh => visitor.call(
                elementary::tanh,
                #[inline(always)]
                |h| 1.0 - h * h,
            ),
            Self::Sigmoid => visitor.call(
                elementary::sigmoid,
                #[inline(always)]
                |h| h * (1.0 - h),
            ),
            Self::Softplus => visitor.call(elementary::softplus, elementary::sigmoid),
        }
    }
}

/// Work that needs an activation's `s`, and `s'` written in what is [`Kept`].
pub(super) trait Visitor {
    type Output;

    fn call(
        self,
        value: impl Fn(f32) -> f32 + Copy + Sync,
        slope: impl Fn(f32) -> f32 + Copy + Sync,
    ) -> Self::Output;
}

const LEAK: f64 = 0.01;
/// `1 / sqrt(2 π)`.
const FRAC_1_SQRT_2_PI: f32 = 0.398_942_28;
