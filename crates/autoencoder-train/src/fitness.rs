//! Whether a model has what the penalties ask for, found out on one example.

use autoencoder_core::{Autoencoder, Moment, Needs, Pass, Penalty, Seed, Source};
use burn::tensor::Tensor;

use crate::{ObjectiveSpec, TrainError};

/// Refuses a penalty on something that the model does not have.
///
/// # Errors
/// [`TrainError::PenaltyDoesNotFit`] naming the penalty and what it lacks.
pub fn check_penalties<A: Autoencoder>(
    model: &A,
    spec: &ObjectiveSpec,
    source: &dyn Source,
) -> Result<(), TrainError> {
    let x = example(model, source)?;
    spec.penalties.iter().try_for_each(|penalty| check_needs(model, penalty.as_ref(), &x))
}

/// The first example, on the device of the model.
fn example<A: Autoencoder>(model: &A, source: &dyn Source) -> Result<Tensor<2>, TrainError> {
    let mut example = vec![0.0; source.shape().features()];
    source.rows(&[0], &mut example)?;
    let device = model.devices().into_iter().next().unwrap_or_default();
    Ok(Tensor::<1>::from_data(example.as_slice(), &device).unsqueeze::<2>())
}

fn check_needs<A: Autoencoder>(model: &A, penalty: &dyn Penalty, x: &Tensor<2>) -> Result<(), TrainError> {
    let has_direction = || model.directional_derivative(x.clone(), x.clone()).is_some();
    let (has, needs) = match penalty.needs() {
        Needs::Code => return Ok(()),
        Needs::Weights => (!model.encoder_weights().is_empty(), "weight matrices"),
        Needs::Jacobian => {
            let code = model.encode(x.clone());
            let moment = Moment::after_training(Seed::new(0));
            let pass = Pass { clean: x.clone(), input: x.clone(), code, output: x.clone(), moment };
            let has = model.squared_jacobian(&pass).is_some() || has_direction();
            (has, "the encoder's Jacobian or its directional derivative")
        }
        Needs::DirectionalDerivative => (
            has_direction(),
            "the directional derivative of its encoder, from which estimate = true estimates",
        ),
        Needs::UnitCode => (
            model.code_is_in_unit_interval(),
            "code units in (0, 1): set model.code_activation = \"sigmoid\"",
        ),
    };
    if has { Ok(()) } else { Err(TrainError::PenaltyDoesNotFit { penalty: penalty.name(), needs }) }
}
