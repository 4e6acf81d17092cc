//! The objective, in one page.

use std::borrow::Cow;

use autoencoder_core::{Autoencoder, Corruption, Loss, Moment, Pass, Penalty, Term};
use burn::tensor::Tensor;

/// What is minimised: `J = L(x, g(f(x~))) + own terms + Σ λ_i Ω_i`.
pub struct ObjectiveSpec {
    /// The reconstruction loss `L`.
    pub loss: Loss,
    /// The noise of a denoising autoencoder; `None` trains on the clean input.
    pub corruption: Option<Box<dyn Corruption>>,
    /// The penalties `Ω_i`, each with its weight `λ_i`.
    pub penalties: Vec<Box<dyn Penalty>>,
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
}

impl ObjectiveSpec {
    /// A loss without corruption and penalties.
    pub fn plain(loss: Loss) -> Self {
        Self { loss, corruption: None, penalties: Vec::new() }
    }

    /// The share of the training after which no weight of a penalty changes any more.
    pub fn settled(&self) -> f64 {
        self.penalties.iter().map(|penalty| penalty.settled()).fold(0.0, f64::max)
    }
}

/// The objective of `model` for the clean examples `clean`, `[batch, features]`. All randomness of
/// the step comes from the moment's seed.
pub fn objective<A: Autoencoder>(
    model: &A,
    clean: Tensor<2>,
    spec: &ObjectiveSpec,
    moment: Moment,
) -> Objective {
    let seed = moment.seed;
    let input = match &spec.corruption {
        Some(corruption) => corruption.corrupt(clean.clone(), seed.stream("corruption")),
        None => clean.clone(),
    };
    let code = model.encode(input.clone());
    let output = model.decode(code.sample(seed.stream("posterior")));
    let pass = Pass { clean, input, code, output, moment };

    let reconstruction = spec.loss.mean(pass.output.clone(), pass.clean.clone());
    let mut terms = vec![Term::new("reconstruction", reconstruction)];
    terms.extend(model.own_terms(&pass));
    for penalty in &spec.penalties {
        let weight = penalty.weight(moment.progress);
        let value = penalty.term(model, &pass).mul_scalar(weight);
        terms.push(Term::new(unused(penalty.name(), &terms), value));
    }
    let values = terms.iter().map(|term| term.value.clone());
    let total = values.reduce(|sum, value| sum + value).expect("the reconstruction is always a term");
    Objective { total, terms, readings: Vec::new() }
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

#[cfg(test)]
mod tests {
    use super::*;

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
