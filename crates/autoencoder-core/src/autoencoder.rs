//! The map `x -> h -> x^`, and what others may ask of it.

use std::fmt::Display;

use burn::module::{Module, ModuleDisplay};
use burn::tensor::Tensor;

use crate::{Code, ExampleShape, Pass, Seen, Term};

/// A model: the map from examples to codes and back. Only what changes this map is a model; noise,
/// sparsity and contraction are corruptions and penalties, which any model takes.
pub trait Autoencoder: Module + ModuleDisplay + Facts + Display + 'static {
    /// The shape of one example.
    fn shape(&self) -> &ExampleShape;

    /// The number of code units.
    fn code_size(&self) -> usize;

    /// The code of `x`, `[batch, features] -> [batch, codes]`; deterministic (a posterior is
    /// sampled by the objective, see [`Code::sample`]).
    fn encode(&self, x: Tensor<2>) -> Code;

    /// The code of `x`, where `between` maps the output of each hidden layer of the encoder, `[batch, units]`, before the
    /// next layer takes it: noise on hidden units in training. A model whose hidden layers are not flat ignores it.
    fn encode_through(&self, x: Tensor<2>, _between: &mut dyn FnMut(Tensor<2>) -> Tensor<2>) -> Code {
        self.encode(x)
    }

    /// The reconstruction of `h`, `[batch, codes] -> [batch, features]`, before the output
    /// activation: that belongs to the loss ([`crate::Loss::reconstruction`]).
    fn decode(&self, h: Tensor<2>) -> Tensor<2>;

    /// What only this map adds to the objective, each term averaged over the batch: the KL
    /// divergence of a variational model, auxiliary losses.
    fn own_terms(&self, _pass: &Pass) -> Vec<Term> {
        Vec::new()
    }

    /// The share of the training after which the weights of [`Self::own_terms`] no longer change: an epoch
    /// before that was trained for something else, and is not chosen as the best.
    fn settled(&self) -> f64 {
        0.0
    }

    /// What [`Self::after_step`] needs to know of a pass of training. Passes of one step are joined.
    fn seen(&self, _pass: &Pass) -> Seen {
        Seen::nothing()
    }

    /// Called after each step of the optimiser with what the step has seen: for constraints on parameters, such as
    /// dictionary atoms of unit norm, and for state that is a parameter without a gradient, such as counters of units that
    /// have not fired. Such state is kept in checkpoints like any parameter. What is absent from `seen` changes nothing: a
    /// step may belong to another part of the model.
    fn after_step(self, _seen: &Seen) -> Self {
        self
    }
}

/// What a penalty or a picture may ask of any model. Empty or `None` means that the model has no
/// such thing.
pub trait Facts {
    /// The encoder's weight matrices, input side first, each `[inputs, outputs]`.
    fn encoder_weights(&self) -> Vec<Tensor<2>>;

    /// The decoder's weight matrices that are parameters of their own, code side first, each
    /// `[inputs, outputs]`; empty with tied weights.
    fn decoder_weights(&self) -> Vec<Tensor<2>>;

    /// `||dh/dx||_F^2` for each example, `[batch]`, where the model knows a closed form (Rifai et
    /// al. 2011, eq. 5, for one sigmoid layer).
    fn squared_jacobian(&self, _pass: &Pass) -> Option<Tensor<1>> {
        None
    }

    /// `(dh/dx) v`, `[batch, codes]`, at the input `x` for one direction `v` an example (both `[batch,
    /// features]`): the forward-mode derivative of the encoder, itself differentiable in the parameters.
    fn directional_derivative(&self, _x: Tensor<2>, _v: Tensor<2>) -> Option<Tensor<2>> {
        None
    }

    /// Whether every code unit has values in `(0, 1)`, as after a sigmoid.
    fn code_is_in_unit_interval(&self) -> bool {
        false
    }
}
