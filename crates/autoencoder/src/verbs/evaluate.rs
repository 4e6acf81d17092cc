//! `ae evaluate`: the errors of a run on every part of its data, PCA beside them.

use autoencoder_core::{Autoencoder as _, Seed};
use autoencoder_datasets::{DataFolder, Progress};
use autoencoder_eval::{
    Baseline, Evaluation, PartError, PerPart, evaluate as evaluate_part, evidence, jacobian_norm,
};

use crate::data::Parts;
use crate::trained::{BATCH, Trained};
use crate::{Error, RunFolder, memory};

/// Evaluations of the same model agree to the bit.
const SEED: u64 = 1;

/// Evaluates the model of a run on the parts of its data, and writes `evaluation.json` beside it.
/// PCA has the same number of components as the code has units and is fitted on the run's training
/// part; errors are in scaled units. For a variational model the evidence of the test part is estimated
/// with `samples` codes an example; `None` gives its lower bound where there is one.
///
/// # Errors
/// What loading the model or opening the data says; [`Error::NoPosterior`] and [`Error::NoLikelihood`] where
/// samples were asked for in vain.
pub fn evaluate(
    folder: &RunFolder,
    device: &str,
    samples: Option<usize>,
    data: &DataFolder,
    fetching: &mut dyn FnMut(Progress),
) -> Result<Evaluation, Error> {
    let trained = Trained::load(folder, device)?;
    if let Some(samples) = samples {
        check_evidence(&trained)?;
        // Those of one example at a time.
        let width = trained.card.code_size + trained.card.shape.features();
        memory::check_rows("samples of an example", samples, width)?;
    }
    let parts = trained.parts(folder, data, fetching)?;
    let evaluation = evaluate_trained(&trained, &parts, samples.unwrap_or(1))?;
    match write_evaluation(folder, &evaluation) {
        // A run that can only be read is evaluated all the same.
        Err(Error::Unwritable { source, .. }) if is_read_only(&source) => {}
        other => other?,
    }
    Ok(evaluation)
}

pub(crate) fn is_read_only(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied)
}

pub(crate) fn write_evaluation(folder: &RunFolder, evaluation: &Evaluation) -> Result<(), Error> {
    folder.write_json("evaluation.json", evaluation)
}

fn check_evidence(trained: &Trained) -> Result<(), Error> {
    if !trained.has_prior() {
        return Err(Error::NoPosterior { model: trained.card.model.name() });
    }
    match trained.card.loss.is_likelihood() {
        true => Ok(()),
        false => Err(Error::NoLikelihood { loss: trained.card.loss.name() }),
    }
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
