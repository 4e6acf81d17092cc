//! The errors of a model on every part of its data, PCA beside them.

use autoencoder_core::{Autoencoder as _, Seed};
use autoencoder_eval::{Baseline, Evaluation, PartError, PerPart};

use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::trained::Trained;
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
    let on = trained.on();
    let of = |source: &dyn autoencoder_core::Source| on.evaluate(source);
    let splits = PerPart {
        train: of(parts.train.as_ref())?,
        validation: of(parts.validation.as_ref())?,
        test: of(parts.test.as_ref())?,
    };
    let code_size = on.model.code_size();
    let pca = baseline(parts)?;
    let evidence = if on.loss.is_likelihood() {
        on.evidence(parts.test.as_ref(), samples, Seed::new(SEED))?
    } else {
        None
    };
    let jacobian_norm = on.jacobian_norm(parts.test.as_ref())?;
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
