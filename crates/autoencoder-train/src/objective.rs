//! The objective, in one page.

use std::borrow::Cow;
use std::sync::Arc;

use autoencoder_core::{Autoencoder, Corruption, Loss, Moment, Pass, Penalty, Seen, Term};
use burn::tensor::Tensor;

use crate::history::OBJECTIVE;
use crate::{Emphasis, Precision};

/// What is minimised: `J = L(x, g(f(x~))) + own terms + Σ λ_i Ω_i`.
#[derive(Clone)]
pub struct ObjectiveSpec {
    /// The reconstruction loss `L`.
    pub loss: Loss,
    /// The noise of a denoising autoencoder; `None` trains on the clean input.
    pub corruption: Option<Arc<dyn Corruption>>,
    /// What corrupted components count beside clean ones; `None` counts them alike.
    pub emphasis: Option<Emphasis>,
    /// The penalties `Ω_i`, each with its weight `λ_i`.
    pub penalties: Vec<Arc<dyn Penalty>>,
    /// The type of the numbers inside the model; all others are in f32.
    pub precision: Precision,
}

/// The value of the objective for one batch.
pub struct Objective {
    /// The sum of all terms, `[1]`: what is differentiated.
    pub total: Tensor<1>,
    /// Its summands, the reconstruction first; penalties with their weight multiplied in. Of several
    /// penalties of one kind the second is named `l1-2`, and so on.
    pub terms: Vec<Term>,
    /// What is reported beside them and is no summand, such as the share of wrong answers of a classifier.
    pub readings: Vec<Term>,
    /// What the model is told after the step; of a batch that is taken in parts, this part's.
    pub seen: Seen,
}

impl Objective {
    /// An objective of one term.
    pub(crate) fn of_one(name: &'static str, value: Tensor<1>) -> Self {
        Self {
            total: value.clone(),
            terms: vec![Term::new(name, value)],
            readings: Vec::new(),
            seen: Seen::nothing(),
        }
    }
}

impl ObjectiveSpec {
    /// A loss without corruption and penalties.
    pub fn plain(loss: Loss) -> Self {
        Self { loss, corruption: None, emphasis: None, penalties: Vec::new(), precision: Precision::F32 }
    }

    /// The share of the training after which no weight of a penalty changes any more.
    pub fn settled(&self) -> f64 {
        self.penalties.iter().map(|penalty| penalty.settled()).fold(0.0, f64::max)
    }
}

/// The objective of `model` for the clean examples `clean`, `[batch, features]`, of which those values count that are
/// `known` (1, else 0; `None` where all are). All randomness of the step comes from the moment's seed.
pub fn objective<A: Autoencoder>(
    model: &A,
    clean: Tensor<2>,
    known: Option<Tensor<2>>,
    spec: &ObjectiveSpec,
    moment: Moment,
) -> Objective {
    let seed = moment.seed;
    let input = match &spec.corruption {
        Some(corruption) => corruption.corrupt(clean.clone(), seed.stream("corruption")),
        None => clean.clone(),
    };
    let precision = spec.precision;
    let narrowed = precision.narrowed(model);
    let narrow = narrowed.as_ref().unwrap_or(model);
    let code = precision.widen_code(narrow.encode(precision.narrow(input.clone())));
    let h = precision.narrow(code.sample(seed.stream("posterior")));
    let output = precision.widen(narrow.decode(h));
    let pass = Pass { clean, input, code, output, moment };

    let (output, target) = (pass.output.clone(), pass.clean.clone());
    let emphasis = spec.emphasis.as_ref().map(|emphasis| {
        let (target, input) = (target.clone(), pass.input.clone());
        let changed =
            spec.corruption.as_ref().map(|corruption| corruption.changed(target.clone(), input.clone()));
        emphasis.weights(changed.unwrap_or_else(|| target.not_equal(input).float()))
    });
    let reconstruction = match (emphasis, known) {
        (Some(weights), Some(known)) => spec.loss.weighted_mean(output, target, weights * known),
        (Some(weights), None) | (None, Some(weights)) => spec.loss.weighted_mean(output, target, weights),
        (None, None) => spec.loss.mean(output, target),
    };
    let mut terms = vec![Term::new("reconstruction", reconstruction)];
    terms.extend(model.own_terms(&pass));
    for penalty in &spec.penalties {
        let weight = penalty.weight(moment.progress);
        let value = penalty.term(model, &pass).mul_scalar(weight);
        terms.push(Term::new(unused(penalty.name(), &terms), value));
    }
    let values = terms.iter().map(|term| term.value.clone());
    let total = values.reduce(|sum, value| sum + value).expect("the reconstruction is always a term");
    Objective { total, terms, readings: Vec::new(), seen: model.seen(&pass) }
}

/// `name`, or with the first number from 2 on that makes it a name of its own.
fn unused(name: &'static str, terms: &[Term]) -> Cow<'static, str> {
    let is_used = |name: &str| terms.iter().any(|term| term.name == name);
    if !is_used(name) {
        return Cow::Borrowed(name);
    }
    let mut number = 2;
    while is_used(&format!("{name}-{number}")) {
        number += 1;
    }
    Cow::Owned(format!("{name}-{number}"))
}

/// The names of an objective, its terms and readings, in their order.
pub(crate) fn names(objective: &Objective) -> Vec<String> {
    let terms = objective.terms.iter().chain(&objective.readings).map(|term| term.name.to_string());
    std::iter::once(OBJECTIVE.to_owned()).chain(terms).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emphasis_weighs_what_was_corrupted_and_what_was_not() {
        let device = burn::tensor::Device::flex();
        let tensor = |values: [f32; 4]| Tensor::<2>::from_data([values], &device);
        let (clean, input) = (tensor([1.0, 0.0, 0.5, 0.0]), tensor([0.0, 0.0, 0.5, 1.0]));
        let output = tensor([3.0, 1.0, 1.5, -2.0]);
        let loss = Loss::SquaredError(Default::default());
        for (corrupted, of_clean) in [(1.0, 0.0), (0.0, 1.0), (1.0, 0.25)] {
            let changed = clean.clone().not_equal(input.clone()).float();
            let weights = Emphasis { corrupted, clean: of_clean }.weights(changed);
            let value = loss.weighted_mean(output.clone(), clean.clone(), weights).into_scalar::<f32>();
            let expected = corrupted * (4.0 + 4.0) + of_clean * (1.0 + 1.0);
            assert_eq!(f64::from(value), expected);
        }
    }

    #[test]
    fn terms_of_one_kind_have_names_of_their_own() {
        let value = || Tensor::zeros([1], &burn::tensor::Device::flex());
        let mut terms = Vec::new();
        for expected in ["l1", "l1-2", "l1-3"] {
            let name = unused("l1", &terms);
            assert_eq!(name, expected);
            terms.push(Term::new(name, value()));
        }
        assert_eq!(unused("kl", &terms), "kl");
    }
}
