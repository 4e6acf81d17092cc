//! Penalties: the `Ω_i` of the objective.

use burn::tensor::Tensor;

use crate::{Facts, Pass};

/// A regularizer of the objective. It holds no parameters, so any number of them compose.
pub trait Penalty: Send + Sync {
    /// The name in the configuration and the metrics, such as `l1`.
    fn name(&self) -> &'static str;

    /// What it asks of the model; a model that lacks it is refused before training.
    fn needs(&self) -> Needs;

    /// `Ω`, without its weight, averaged over the batch where it depends on examples, `[1]`. What it draws
    /// at random comes from the pass's moment.
    fn term(&self, model: &dyn Facts, pass: &Pass) -> Tensor<1>;

    /// The `λ` that multiplies [`Self::term`] in the objective, at a share of the training in `[0, 1]`.
    fn weight(&self, progress: f64) -> f64;

    /// The share of the training after which [`Self::weight`] no longer changes: an epoch before that was
    /// trained for something else, and is not chosen as the best.
    fn settled(&self) -> f64 {
        0.0
    }
}

/// What a penalty asks of the model besides its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the code and the pass suffice.
    Code,
    /// Weight matrices ([`Facts::encoder_weights`]).
    Weights,
    /// The encoder's Jacobian: its norm in closed form ([`Facts::squared_jacobian`]), or its product with
    /// a direction ([`Facts::directional_derivative`]).
    Jacobian,
    /// The encoder's Jacobian times a direction ([`Facts::directional_derivative`]), from which its norm is
    /// estimated.
    DirectionalDerivative,
    /// Code units with values in `(0, 1)` ([`Facts::code_is_in_unit_interval`]).
    UnitCode,
}
