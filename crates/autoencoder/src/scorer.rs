//! The score of an example: its distance from the normal ones, as the run's configuration has it.

use std::sync::Arc;

use autoencoder_core::{Autoencoder as _, ExampleShape, Source, Subset, for_each_chunk};
use autoencoder_datasets::{Matrix, Progress};
use autoencoder_eval::{Excess, score_samples};
use autoencoder_models::Pca;

use crate::data::Parts;
use crate::trained::{BATCH, Trained};
use crate::{Error, ScoreKind};

/// The most training examples whose distances the others are compared with: their quantiles are known to a part in a
/// thousand, and a larger part is not worth its codes' memory.
const REFERENCE: usize = 100_000;

/// The models of a run as a scorer; the higher a score, the more anomalous.
pub(crate) struct Scorer<'a> {
    members: Vec<Member<'a>>,
}

/// One model as a scorer.
struct Member<'a> {
    trained: &'a Trained,
    /// Where the distance of the code counts as well.
    code: Option<CodeDistance>,
}

/// The distance of codes, and both distances on the scale of the training part's.
struct CodeDistance {
    /// All components of the training part's codes.
    codes: Pca,
    of_error: Excess,
    of_code: Excess,
}

impl<'a> Scorer<'a> {
    /// Fits to the training part what `kind` needs of it, for each of the models.
    ///
    /// # Errors
    /// What reading says.
    pub(crate) fn fit(
        models: impl IntoIterator<Item = &'a Trained>,
        kind: ScoreKind,
        parts: Result<&Parts, &Error>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, Error> {
        let members = models.into_iter().map(|trained| Member::fit(trained, kind, parts, progress));
        Ok(Self { members: members.collect::<Result<_, _>>()? })
    }

    /// The mean over the models of the score of each scaled example, `[examples]`; `progress` is called between parts.
    ///
    /// # Errors
    /// What reading says.
    pub(crate) fn scores(
        &self,
        source: &dyn Source,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<f64>, Error> {
        let mut sums = vec![0.0; source.len()];
        for member in &self.members {
            let scores = member.scores(source, progress)?;
            sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += score);
        }
        let count = self.members.len().max(1) as f64;
        Ok(sums.into_iter().map(|sum| sum / count).collect())
    }
}

impl<'a> Member<'a> {
    fn fit(
        trained: &'a Trained,
        kind: ScoreKind,
        parts: Result<&Parts, &Error>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, Error> {
        let alone = Self { trained, code: None };
        if kind == ScoreKind::Reconstruction || trained.has_prior() {
            return Ok(alone);
        }
        let parts = parts.map_err(|error| Error::NoReference { reason: error.to_string() })?;
        // The split has put them in a random order.
        let first = (0..parts.train.len().min(REFERENCE)).collect();
        let reference = Subset::new(Arc::clone(&parts.train), first)?;
        let codes = alone.codes(&reference)?;
        let components = trained.model.code_size().min(reference.len());
        let pca = Pca::fit(&codes, components)?;
        let scale = |scores: &[f64]| {
            Excess::fit(scores).ok_or(Error::NoReference { reason: "the training part is empty".to_owned() })
        };
        let of_error = scale(&alone.scores(&reference, progress)?)?;
        let of_code = scale(&pca.squared_distances(codes.as_ref())?)?;
        Ok(Self { code: Some(CodeDistance { codes: pca, of_error, of_code }), ..alone })
    }

    fn scores(&self, source: &dyn Source, progress: &mut dyn FnMut(Progress)) -> Result<Vec<f64>, Error> {
        let mut scores = Vec::with_capacity(source.len());
        // A part at a time: the codes of millions of rows are as large as the rows.
        for_each_chunk(source, |_, rows| {
            progress(Progress::rows("scoring", scores.len(), Some(source.len())));
            scores.extend(self.of_chunk(&Matrix::new(source.shape(), rows.to_vec()))?);
            Ok::<_, Error>(())
        })?;
        Ok(scores)
    }

    fn of_chunk(&self, source: &dyn Source) -> Result<Vec<f64>, Error> {
        let Trained { model, card, device, .. } = self.trained;
        let errors = score_samples(model, &card.loss, source, BATCH, device)?;
        let Some(CodeDistance { codes, of_error, of_code }) = &self.code else { return Ok(errors) };
        let distances = codes.squared_distances(self.codes(source)?.as_ref())?;
        let both = errors.into_iter().zip(distances);
        Ok(both.map(|(error, distance)| of_error.of(error) + of_code.of(distance)).collect())
    }

    fn codes(&self, source: &dyn Source) -> Result<Arc<dyn Source>, Error> {
        let shape = ExampleShape::Flat(self.trained.model.code_size());
        Ok(Arc::new(Matrix::new(shape, self.trained.codes_of(source)?)))
    }
}
