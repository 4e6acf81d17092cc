//! `ae evaluate`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::eval::Evidence;
use autoencoder::run::{Run, RunFolder};

use crate::arguments::{Evaluate, count};
use crate::output::{Done, document};

pub(super) fn evaluate(words: &Evaluate, data: &DataFolder) -> Result<Done, Error> {
    let samples = words.evidence.map(count);
    let run = Run::open(&RunFolder::new(&words.run.run), &words.run.device, data)?;
    let evaluation = run.evaluate(samples)?;
    let pca = evaluation.pca.as_ref().map(|pca| pca.errors);
    let splits = [
        ("train", &evaluation.splits.train, pca.map(|pca| pca.train)),
        ("validation", &evaluation.splits.validation, pca.map(|pca| pca.validation)),
        ("test", &evaluation.splits.test, pca.map(|pca| pca.test)),
    ];
    let mut lines =
        vec![format!("{:<11}{:>9}{:>12}{:>15}{:>15}", "part", "examples", "loss", "squared error", "PCA")];
    lines.extend(splits.map(|(name, part, pca)| {
        let pca = pca.map_or("-".to_owned(), |pca| format!("{:.4}", pca.squared_error_per_example));
        format!(
            "{name:<11}{:>9}{:>12.4}{:>15.4}{pca:>15}",
            part.examples, part.loss, part.squared_error_per_example
        )
    }));
    lines.extend(evaluation.evidence.as_ref().map(evidence_words));
    lines.extend(
        evaluation.jacobian_norm.map(|norm| format!("norm of the encoder's Jacobian {norm:.4}, test mean")),
    );
    let components = evaluation.pca.as_ref().map_or("none".to_owned(), |pca| match pca.examples {
        examples if examples < evaluation.splits.train.examples => {
            format!("{}, fitted to {examples} examples", pca.components)
        }
        _ => pca.components.to_string(),
    });
    lines.push(format!("code units {}, PCA components {components}", evaluation.code_size));
    Ok(Done::new(lines.join("\n"), document(&evaluation)))
}

fn evidence_words(evidence: &Evidence) -> String {
    let Evidence { reconstruction, kl, negative_elbo, samples, .. } = evidence;
    let bound =
        format!("negative ELBO {negative_elbo:.3} nats = reconstruction {reconstruction:.3} + KL {kl:.3}");
    match (evidence.negative_log_likelihood, evidence.standard_error) {
        (Some(likelihood), Some(error)) => {
            format!("{bound}; -ln p(x) {likelihood:.3} nats by {samples} samples (standard error {error:.3})")
        }
        (None, _) => {
            format!("{bound}; no -ln p(x), since the examples are not all 0 or 1 (data.scaling = \"binary\")")
        }
        _ => bound,
    }
}
