//! Penalties: the `Ω_i` of the objective.

use burn::tensor::Tensor;

use crate::{Facts, Pass};

/// A regularizer of the objective. It holds no parameters, so any number of them compose.
pub trait Penalty: Send + Sync {
    /// The name in the configuration and the metrics, such as `l1`.
    fn name(&self) -> &'static str;

    /// What it asks of the model; a model that lacks it is refused before training.
    fn needs(&self) -> Needs;

    /// `Ω`, without its weight, averaged over the batch where it depends on examples, `[1]`.
    fn term(&self, model: &dyn Facts, pass: &Pass) -> Tensor<1>;

    /// The `λ` that multiplies [`Self::term`] in the objective.
    fn weight(&self) -> f64;
}

/// What a penalty asks of the model besides its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the code and the pass suffice.
    Code,
    /// Weight matrices ([`Facts::encoder_weights`]).
    Weights,
    /// A closed form of the encoder's Jacobian ([`Facts::squared_jacobian`]).
    Jacobian,
}
