//! What a training is for: from a model and a batch to the value that is minimised.

use autoencoder_core::{Autoencoder, DataError, Moment, Seen, Source};
use burn::module::Module;

use crate::fitness::check_penalties;
use crate::{Batch, Objective, ObjectiveSpec, Precision, Round, Select, TrainError, objective};

/// What [`crate::fit`] minimises. It holds no parameters: those are the model's.
pub trait Goal<M: Module> {
    /// Refuses a part of the data, `training` or `validation`, that the model cannot be trained on for this goal.
    ///
    /// # Errors
    /// [`TrainError`] naming what does not fit.
    fn check(&self, model: &M, part: &'static str, source: &dyn Source) -> Result<(), TrainError>;

    /// The gradient steps that each batch is taken for, in their order; each has a name of its own.
    fn rounds(&self) -> Vec<Round> {
        vec![Round::model()]
    }

    /// The value of a batch of the training part in a round, whose total is differentiated.
    fn learn(&self, round: &Round, model: &M, batch: Batch, moment: Moment) -> Objective;

    /// The value of a batch of the validation part, whose mean total decides which epoch is the best; its terms have the
    /// names and the order of [`Self::learn`]'s in the round of the model.
    fn judge(&self, model: &M, batch: Batch, moment: Moment) -> Objective;

    /// Called after each step of the optimiser, once a round, with what the round has seen: for constraints on parameters,
    /// and for state that no gradient moves.
    fn after_step(&self, model: M, _seen: &Seen) -> M {
        model
    }

    /// The share of the training after which the objective no longer changes: an epoch before that was trained for
    /// something else, and is not chosen as the best.
    fn settled(&self, _model: &M) -> f64 {
        0.0
    }
}

/// The goal of an autoencoder: to reconstruct the clean example.
pub struct Reconstruction {
    /// What is minimised.
    pub objective: ObjectiveSpec,
    /// What is measured on the validation part and chosen by: the loss alone, or with
    /// [`crate::Select::Objective`] the penalties as well; a corruption is left out.
    pub evaluation: ObjectiveSpec,
}

impl Reconstruction {
    /// Minimises an objective; the best epoch is chosen by its loss, or with [`Select::Objective`] by all of it but the
    /// corruption.
    pub fn new(objective: ObjectiveSpec, select: Select) -> Self {
        let evaluation = if select == Select::Objective {
            ObjectiveSpec { corruption: None, emphasis: None, precision: Precision::F32, ..objective.clone() }
        } else {
            ObjectiveSpec::plain(objective.loss)
        };
        Self { objective, evaluation }
    }
}

impl<A: Autoencoder> Goal<A> for Reconstruction {
    fn check(&self, model: &A, part: &'static str, source: &dyn Source) -> Result<(), TrainError> {
        check_width(model, part, source)?;
        self.objective.loss.check(source)?;
        check_penalties(model, &self.objective, source)
    }

    fn learn(&self, _round: &Round, model: &A, batch: Batch, moment: Moment) -> Objective {
        objective(model, batch.x, batch.known, &self.objective, moment)
    }

    fn judge(&self, model: &A, batch: Batch, moment: Moment) -> Objective {
        objective(model, batch.x, batch.known, &self.evaluation, moment)
    }

    fn after_step(&self, model: A, seen: &Seen) -> A {
        model.after_step(seen)
    }

    fn settled(&self, model: &A) -> f64 {
        self.objective.settled().max(model.settled())
    }
}

/// Refuses a part without examples, or with examples of another width than the model's.
pub(crate) fn check_width<A: Autoencoder>(
    model: &A,
    part: &'static str,
    source: &dyn Source,
) -> Result<(), TrainError> {
    check_not_empty(part, source)?;
    if source.shape().features() == model.shape().features() {
        Ok(())
    } else {
        Err(TrainError::WrongShape { part, model: *model.shape(), data: source.shape() })
    }
}

pub(crate) fn check_not_empty(part: &'static str, source: &dyn Source) -> Result<(), TrainError> {
    if source.is_empty() {
        let remedy = "use more examples or another data.validation";
        Err(DataError::Empty { part, remedy }.into())
    } else {
        Ok(())
    }
}
