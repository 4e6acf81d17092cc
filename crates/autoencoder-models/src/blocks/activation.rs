//! Activations: the `s` of `h = s(W x + b)`.

use std::f64::consts::{FRAC_1_SQRT_2, TAU};

use autoencoder_core::Kind;
use autoencoder_kernels::Pointwise;
use autoencoder_kernels::activation::apply;
use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// An elementwise activation, as the configuration names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `a`.
    Identity,
    /// `max(a, 0)`.
    Relu,
    /// `a` above zero, `0.01 a` below.
    LeakyRelu,
    /// `a Φ(a)` with the exact normal distribution function (Hendrycks and Gimpel 2016).
    #[default]
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

impl Activation {
    /// The activations a configuration may name.
    pub const KINDS: &[Kind] = &[
        Kind { name: "identity", summary: "none: a linear layer" },
        Kind { name: "relu", summary: "max(a, 0)" },
        Kind { name: "leaky-relu", summary: "a above zero, 0.01 a below" },
        Kind { name: "gelu", summary: "a times the normal distribution function of a" },
        Kind { name: "silu", summary: "a sigmoid(a)" },
        Kind { name: "tanh", summary: "hyperbolic tangent" },
        Kind { name: "sigmoid", summary: "1 / (1 + exp(-a))" },
        Kind { name: "softplus", summary: "ln(1 + exp(a))" },
    ];

    /// `s(a)`, elementwise.
    pub fn forward<const D: usize>(self, a: Tensor<D>) -> Tensor<D> {
        apply(a, self.into())
    }

    /// `s'(a)`, elementwise; itself differentiable.
    pub fn derivative<const D: usize>(self, a: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Identity => a.ones_like(),
            Self::Relu => a.greater_scalar(0.0).float(),
            Self::LeakyRelu => a.greater_equal_scalar(0.0).float().mul_scalar(0.99).add_scalar(0.01),
            Self::Gelu => {
                let below = normal_distribution(a.clone());
                let density = (a.clone() * a.clone()).mul_scalar(-0.5).exp().mul_scalar(1.0 / TAU.sqrt());
                below + a * density
            }
            Self::Silu => {
                let s = activation::sigmoid(a.clone());
                s.clone() + a * (s.clone() - s.clone() * s)
            }
            Self::Tanh => {
                let h = activation::tanh(a);
                (h.clone() * h).neg().add_scalar(1.0)
            }
            Self::Sigmoid => {
                let h = activation::sigmoid(a);
                h.clone() - h.clone() * h
            }
            Self::Softplus => activation::sigmoid(a),
        }
    }

    /// `s'(a)` written in `h = s(a)`, for the activations of which it is that simple.
    pub fn derivative_from_output<const D: usize>(self, h: Tensor<D>) -> Option<Tensor<D>> {
        match self {
            Self::Identity => Some(h.ones_like()),
            Self::Relu => Some(h.greater_scalar(0.0).float()),
            Self::Tanh => Some(h.clone().mul(h).neg().add_scalar(1.0)),
            Self::Sigmoid => Some(h.clone() - h.clone().mul(h)),
            _ => None,
        }
    }
}

impl From<Pointwise> for Activation {
    fn from(activation: Pointwise) -> Self {
        match activation {
            Pointwise::Identity => Self::Identity,
            Pointwise::Relu => Self::Relu,
            Pointwise::LeakyRelu => Self::LeakyRelu,
            Pointwise::Gelu => Self::Gelu,
            Pointwise::Silu => Self::Silu,
            Pointwise::Tanh => Self::Tanh,
            Pointwise::Sigmoid => Self::Sigmoid,
            Pointwise::Softplus => Self::Softplus,
        }
    }
}

impl From<Activation> for Pointwise {
    fn from(activation: Activation) -> Self {
        match activation {
            Activation::Identity => Self::Identity,
            Activation::Relu => Self::Relu,
            Activation::LeakyRelu => Self::LeakyRelu,
            Activation::Gelu => Self::Gelu,
            Activation::Silu => Self::Silu,
            Activation::Tanh => Self::Tanh,
            Activation::Sigmoid => Self::Sigmoid,
            Activation::Softplus => Self::Softplus,
        }
    }
}

/// `Φ(a) = (1 + erf(a / sqrt(2))) / 2`, elementwise.
fn normal_distribution<const D: usize>(a: Tensor<D>) -> Tensor<D> {
    a.mul_scalar(FRAC_1_SQRT_2).erf().add_scalar(1.0).mul_scalar(0.5)
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::gradient_error;

    use super::*;

    const ALL: [Activation; 8] = [
        Activation::Identity,
        Activation::Relu,
        Activation::LeakyRelu,
        Activation::Gelu,
        Activation::Silu,
        Activation::Tanh,
        Activation::Sigmoid,
        Activation::Softplus,
    ];

    #[test]
    fn the_list_names_every_activation_as_serde_does() {
        let names: Vec<String> = ALL
            .iter()
            .map(|a| serde_json::to_value(a).expect("a word").as_str().expect("a word").to_owned())
            .collect();
        assert_eq!(names, Activation::KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for activation in ALL {
            let error = gradient_error([[0.4, -0.9, 1.3], [-2.0, 0.1, 0.6]], |a| activation.forward(a).sum());
            assert!(error < 1e-3, "{activation:?} {error}");
        }
    }

    #[test]
    fn the_composed_gelu_is_the_fused_one_with_its_gradient() {
        let a = || {
            Tensor::<2>::from_data([[0.4, -0.9, 1.3, -6.0, 7.0]], &burn::tensor::Device::flex().autodiff())
                .require_grad()
        };
        let (fused, composed) = (a(), a());
        let of_fused = Activation::Gelu.forward(fused.clone());
        let of_composed = composed.clone() * normal_distribution(composed.clone());
        let close = burn::tensor::Tolerance::absolute(1e-6);
        of_fused.to_data().assert_approx_eq::<f32>(&of_composed.to_data(), close);
        let gradient =
            |a: &Tensor<2>, s: Tensor<2>| a.grad(&s.sum().backward()).expect("a gradient").into_data();
        gradient(&fused, of_fused).assert_approx_eq::<f32>(&gradient(&composed, of_composed), close);
    }

    #[test]
    fn derivatives_are_the_gradients_and_have_the_right_gradients_themselves() {
        for activation in ALL {
            let a = Tensor::<2>::from_data([[0.4, -0.9, 1.3, 0.0]], &burn::tensor::Device::flex().autodiff())
                .require_grad();
            let gradient = a.grad(&activation.forward(a.clone()).sum().backward()).expect("a gradient");
            let derivative = activation.derivative(a.inner()).into_data();
            gradient
                .into_data()
                .assert_approx_eq::<f32>(&derivative, burn::tensor::Tolerance::absolute(1e-6));
            let error = gradient_error([[0.4, -0.9, 1.3]], |a| {
                // Where the derivative is constant, nothing else would depend on the input.
                (activation.derivative(a.clone()) + a).sum()
            });
            assert!(error < 2e-3, "{activation:?} {error}");
        }
    }

    #[test]
    fn derivatives_written_in_the_output_are_the_gradients() {
        for activation in ALL {
            let a = Tensor::<2>::from_data([[0.4, -0.9, 1.3]], &burn::tensor::Device::flex().autodiff())
                .require_grad();
            let h = activation.forward(a.clone());
            let Some(derivative) = activation.derivative_from_output(h.clone().detach()) else { continue };
            let gradient = a.grad(&h.sum().backward()).expect("a gradient").into_data();
            gradient
                .assert_approx_eq::<f32>(&derivative.into_data(), burn::tensor::Tolerance::absolute(1e-6));
        }
    }
}
