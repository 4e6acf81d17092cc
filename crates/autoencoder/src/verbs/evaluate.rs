//! `ae evaluate`: the errors of a run on every part of its data, PCA beside them.

use autoencoder_eval::Evaluation;

use crate::error::Error;
use crate::model::trained::Trained;
use crate::run::open::Run;
use crate::training::evaluation::evaluate_trained;
use crate::training::evaluation::write_evaluation;
use crate::training::memory;

impl Run {
    /// Evaluates the model of a run on the parts of its data, and writes `evaluation.json` beside it.
    /// PCA has the same number of components as the code has units and is fitted on the run's training
    /// part; errors are in scaled units. For a variational model the evidence of the test part is estimated
    /// with `samples` codes an example; `None` gives its lower bound where there is one.
    ///
    /// # Errors
    /// What loading the model or opening the data says; [`Error::NoPosterior`] and [`Error::NoLikelihood`] where
    /// samples were asked for in vain.
    pub fn evaluate(&self, samples: Option<usize>) -> Result<Evaluation, Error> {
        let trained = self.trained();
        if let Some(samples) = samples {
            check_evidence(trained)?;
            // Those of one example at a time.
            let width = trained.card.code_size + trained.card.shape.features();
            memory::check_rows("samples of an example", samples, width)?;
        }
        let parts = self.parts()?;
        let evaluation = evaluate_trained(trained, &parts, samples.unwrap_or(1))?;
        match write_evaluation(self.folder(), &evaluation) {
            // A run that can only be read is evaluated all the same.
            Err(Error::Unwritable { source, .. }) if is_read_only(&source) => {}
            other => other?,
        }
        Ok(evaluation)
    }
}

pub(crate) fn is_read_only(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::ReadOnlyFilesystem | std::io::ErrorKind::PermissionDenied)
}

fn check_evidence(trained: &Trained) -> Result<(), Error> {
    if !trained.has_prior() {
        return Err(Error::NoPosterior { model: trained.card.model.name() });
    }
    if trained.card.loss.is_likelihood() {
        Ok(())
    } else {
        Err(Error::NoLikelihood { loss: trained.card.loss.name() })
    }
}
