//! Elementwise activations and their slopes, on slices.

use crate::math;
use crate::simd::vectorised;

/// The slope of leaky ReLU below zero.
pub(crate) const LEAK: f32 = 0.01;

/// An elementwise activation `s(a)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pointwise {
    /// `a`.
    Identity,
    /// `max(a, 0)`.
    Relu,
    /// `a` above zero, `0.01 a` below.
    LeakyRelu,
    /// `a Φ(a)` with the normal distribution function.
    Gelu,
    /// `a sigmoid(a)`.
    Silu,
    /// The hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-a))`.
    Sigmoid,
    /// `ln(1 + exp(a))`.
    Softplus,
}

impl Pointwise {
    /// Every one of them.
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

    /// Whether the slope can be had from `s(a)` alone.
    pub(crate) fn slope_is_in_output(self) -> bool {
        !matches!(self, Self::Gelu | Self::Silu | Self::Softplus)
    }

    /// Replaces each `a` by `s(a)`.
    pub(crate) fn apply(self, values: &mut [f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => each(values, |a| if a < 0.0 { 0.0 } else { a }),
            Self::LeakyRelu => each(values, |a| if a < 0.0 { LEAK * a } else { a }),
            Self::Gelu => each(values, |a| a * math::normal(a).0),
            Self::Silu => each(values, |a| a * math::sigmoid(a)),
            Self::Tanh => each(values, math::tanh),
            Self::Sigmoid => each(values, math::sigmoid),
            Self::Softplus => each(values, math::softplus),
        }
    }

    /// Multiplies each gradient by the slope at its `a`; `from` is `s(a)` where the slope is in the output, else
    /// `a`.
    pub(crate) fn times_slope(self, gradients: &mut [f32], from: &[f32]) {
        match self {
            Self::Identity => {}
            Self::Relu => pairs(gradients, from, |g, h| if h > 0.0 { g } else { 0.0 }),
            Self::LeakyRelu => pairs(gradients, from, |g, h| if h < 0.0 { LEAK * g } else { g }),
            Self::Gelu => pairs(gradients, from, |g, a| {
                let (below, density) = math::normal(a);
                g * (below + a * density)
            }),
            Self::Silu => pairs(gradients, from, |g, a| {
                let s = math::sigmoid(a);
                g * (s + a * (s - s * s))
            }),
            Self::Tanh => pairs(gradients, from, |g, h| g * (1.0 - h * h)),
            Self::Sigmoid => pairs(gradients, from, |g, h| g * (h - h * h)),
            Self::Softplus => pairs(gradients, from, |g, a| g * math::sigmoid(a)),
        }
    }
}

fn each(values: &mut [f32], f: impl Fn(f32) -> f32) {
    vectorised(
        #[inline(always)]
        || values.iter_mut().for_each(|value| *value = f(*value)),
    );
}

fn pairs(gradients: &mut [f32], from: &[f32], f: impl Fn(f32, f32) -> f32) {
    vectorised(
        #[inline(always)]
        || gradients.iter_mut().zip(from).for_each(|(gradient, &from)| *gradient = f(*gradient, from)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_those_of_central_differences() {
        for activation in Pointwise::ALL {
            for a in [-3.0_f32, -0.7, -0.2, 0.3, 1.1, 4.0] {
                let at = |a: f32| {
                    let mut value = [a];
                    activation.apply(&mut value);
                    f64::from(value[0])
                };
                let step = 0.01;
                let difference = (at(a + step) - at(a - step)) / f64::from((a + step) - (a - step));
                let from = if activation.slope_is_in_output() { at(a) as f32 } else { a };
                let mut slope = [2.0];
                activation.times_slope(&mut slope, &[from]);
                assert!((f64::from(slope[0]) / 2.0 - difference).abs() < 2e-4, "{activation:?} {a}");
            }
        }
    }

    #[test]
    fn activations_of_nan_are_nan_or_it_would_pass_unseen() {
        for activation in Pointwise::ALL {
            let mut value = [f32::NAN; 5];
            activation.apply(&mut value);
            assert!(value.iter().all(|value| value.is_nan()), "{activation:?}");
        }
    }
}
