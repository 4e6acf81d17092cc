//! The objective, in one page.

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
    /// Its summands, the reconstruction first; penalties with their weight multiplied in.
    pub terms: Vec<Term>,
}

impl ObjectiveSpec {
    /// The same loss without corruption and penalties: what validation measures.
    pub fn evaluation(loss: Loss) -> Self {
        Self { loss, corruption: None, penalties: Vec::new() }
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
    terms.extend(spec.penalties.iter().map(|penalty| {
        let weight = penalty.weight(moment.progress);
        Term::new(penalty.name(), penalty.term(model, &pass).mul_scalar(weight))
    }));
    let values = terms.iter().map(|term| term.value.clone());
    let total = values.reduce(|sum, value| sum + value).expect("the reconstruction is always a term");
    Objective { total, terms }
}
