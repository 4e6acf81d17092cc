//! The errors of a model on every part of its data, PCA beside them.

use autoencoder_core::{Autoencoder as _, Seed};
use autoencoder_eval::{
    Baseline, Evaluation, PartError, PerPart, evaluate as evaluate_part, evidence, jacobian_norm,
};

use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::trained::{BATCH, Trained};
use crate::run::folder::RunFolder;

/// Evaluations of the same model agree to the bit.
const SEED: u64 = 1;

pub(crate) fn write_evaluation(folder: &RunFolder, evaluation: &Evaluation) -> Result<(), Error> {
    folder.write_json("evaluation.json", evaluation)
}

pub(crate) fn evaluate_trained(
    trained: &Trained,
    parts: &Parts,
    samples: usize,
) -> Result<Evaluation, Error> {
    let (model, loss) = (&trained.model, &trained.card.loss);
    let of =
        |source: &dyn autoencoder_core::Source| evaluate_part(model, loss, source, BATCH, &trained.device);
    let splits = PerPart {
        train: of(parts.train.as_ref())?,
        validation: of(parts.validation.as_ref())?,
        test: of(parts.test.as_ref())?,
    };
    let code_size = model.code_size();
    let pca = baseline(parts)?;
    let evidence = match loss.is_likelihood() {
        true => evidence(model, loss, parts.test.as_ref(), samples, Seed::new(SEED), &trained.device)?,
        false => None,
    };
    let jacobian_norm = jacobian_norm(model, parts.test.as_ref(), BATCH, &trained.device)?;
    Ok(Evaluation { code_size, splits, pca, evidence, jacobian_norm })
}

/// PCA and its errors, where it has any.
fn baseline(parts: &Parts) -> Result<Option<Baseline>, Error> {
    let Some(pca) = parts.pca()? else { return Ok(None) };
    let error = |source: &dyn autoencoder_core::Source| -> Result<PartError, Error> {
        Ok(PartError { squared_error_per_example: pca.squared_error_per_example(source)? })
    };
    Ok(Some(Baseline {
        components: pca.explained_variance().len(),
        examples: pca.examples(),
        explained_variance_ratio: pca.explained_variance_ratio().iter().sum(),
        errors: PerPart {
            train: error(parts.train.as_ref())?,
            validation: error(parts.validation.as_ref())?,
            test: error(parts.test.as_ref())?,
        },
    }))
}
