//! Fitting a scorer when the training has ended.

use std::sync::Arc;

use autoencoder_core::{Source, Subset};
use autoencoder_eval::Excess;
use autoencoder_models::{ModelError, Pca};
use autoencoder_train::Start;

use super::memory::Memory;
use super::patches::Patches;
use super::{Distance, Scorer, combine};
use crate::config::score::ScoreKind;
use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::trained::Trained;
use crate::training::prepared::{Prepared, Watch};

/// The most numbers that are remembered where a score is made from them, 32 MB, and where neighbours only stand beside it.
const REMEMBERED: [usize; 2] = [1 << 23, 1 << 20];
/// The most numbers of principal components that are kept: 64 MB.
const MOST_COMPONENTS: usize = 1 << 23;
/// The most rows of the validation and of the test part that scales and thresholds are taken from.
const HELD_OUT: usize = 10_000;
/// With fewer training rows than this, rows that a model has not fitted are too few to take scales from, and models of folds
/// are trained for more.
const FEW: usize = 300;
/// How many folds.
const FOLDS: usize = 5;

impl Scorer {
    /// Fits to the run's parts what scores of that kind are made from. With few training rows as many models more are trained
    /// as there are folds, each on the others' rows.
    ///
    /// # Errors
    /// What reading says; what stopped a fold's training.
    pub(crate) fn fit(trained: &Trained, parts: &Parts, kind: ScoreKind) -> Result<Self, Error> {
        let kind = if trained.has_prior() { ScoreKind::Reconstruction } else { kind };
        let most = REMEMBERED[usize::from(matches!(kind, ScoreKind::Reconstruction | ScoreKind::Patches))];
        let mut scorer = Self {
            kind,
            memory: Memory::sample(parts, most, &trained.device)?,
            codes: Default::default(),
            patches: Vec::new(),
            scales: Vec::new(),
            held_out: Vec::new(),
            pca: components(parts)?,
        };
        if kind == ScoreKind::Patches {
            for factor in Patches::factors(parts.shape) {
                scorer.patches.extend(Patches::fit(parts, factor, &trained.device)?);
            }
        }
        let distances = scorer.of_held_out(trained, parts)?;
        if distances.len() > 1 {
            let scale = |of: &Vec<f64>| {
                Excess::fit(of).ok_or(Error::NoReference { reason: "no rows are held out".to_owned() })
            };
            scorer.scales = distances.iter().map(scale).collect::<Result<_, _>>()?;
        }
        scorer.held_out = combine(&scorer.parts(), &scorer.scales, &distances);
        Ok(scorer)
    }

    /// The distances of rows that the model has not fitted: of the folds' rows by the models of the others, then of the
    /// validation and the test part.
    fn of_held_out(&self, trained: &Trained, parts: &Parts) -> Result<Vec<Vec<f64>>, Error> {
        let mut distances = vec![Vec::new(); self.parts().len()];
        let mut add = |more: Vec<Vec<f64>>| {
            distances.iter_mut().zip(more).for_each(|(distances, more)| distances.extend(more));
        };
        let is_of_rows = matches!(self.kind, ScoreKind::Neighbours | ScoreKind::Combined);
        if is_of_rows && parts.train.len() < FEW && parts.config.stage.is_empty() {
            for fold in 0..FOLDS.min(parts.train.len() / 2) {
                add(self.of_fold(fold, trained, parts)?);
            }
        }
        for part in [&parts.validation, &parts.test] {
            let rows = 0..part.len().min(HELD_OUT);
            let known = known(part.as_ref(), &rows.clone().collect::<Vec<_>>())?;
            add(self.distances(trained, &part.read(rows)?, &known)?);
        }
        Ok(distances)
    }

    /// The distances of the rows of a fold: those that the model is part of by a model of the other rows, those of rows from all
    /// others that are remembered.
    fn of_fold(&self, fold: usize, trained: &Trained, parts: &Parts) -> Result<Vec<Vec<f64>>, Error> {
        let is_in = |row: &usize| row % FOLDS == fold;
        let (inside, outside): (Vec<usize>, Vec<usize>) = (0..parts.train.len()).partition(is_in);
        let others = parts.learning_from(Subset::new(Arc::clone(&parts.train), outside)?);
        let model = train(others)?;
        let own = Self {
            kind: self.kind,
            memory: Memory::sample(&model.parts, REMEMBERED[0], &model.trained.device)?,
            codes: Default::default(),
            patches: Vec::new(),
            scales: Vec::new(),
            held_out: Vec::new(),
            pca: None,
        };
        let mut rows = vec![0.0; inside.len() * parts.shape.features()];
        parts.train.rows(&inside, &mut rows)?;
        let known = known(parts.train.as_ref(), &inside)?;
        let of = |(distance, _): &(Distance, f64)| match distance {
            Distance::Rows(_) | Distance::Patches(_) => self.distance(*distance, trained, &rows, &known),
            Distance::Residual | Distance::Codes => own.distance(*distance, &model.trained, &rows, &known),
        };
        self.parts().iter().map(of).collect()
    }
}

/// Which values of the rows are known, 1 or 0 each; nothing where all are.
fn known(source: &dyn Source, rows: &[usize]) -> Result<Vec<f32>, Error> {
    let mut known = vec![0.0; rows.len() * source.shape().features()];
    Ok(if source.known(rows, &mut known)? { known } else { Vec::new() })
}

/// A model of some of the rows.
struct OfFold {
    parts: Parts,
    trained: Trained,
}

fn train(parts: Parts) -> Result<OfFold, Error> {
    let prepared = Prepared::new(parts)?;
    let folder =
        tempfile::tempdir().map_err(|source| Error::Unwritable { path: std::env::temp_dir(), source })?;
    let fitted = prepared.fit(folder.path(), Start::New, Watch::nobody())?;
    let trained = prepared.trained(fitted.model, fitted.best_epoch)?;
    Ok(OfFold { parts: prepared.parts, trained })
}

/// PCA with as many components as the code has units, but at most half the features: with more it would copy. `None` where it
/// is too large: it stands beside, and ends nothing.
fn components(parts: &Parts) -> Result<Option<Pca>, Error> {
    let features = parts.shape.features();
    let components = parts.config.model().code().min(features / 2).min(parts.train.len()).max(1);
    if components.saturating_mul(features) > MOST_COMPONENTS {
        return Ok(None);
    }
    if let Some(pca) = parts.pca()?.filter(|pca| pca.explained_variance().len() >= components) {
        return Ok(Some(pca.truncated(components)));
    }
    match Pca::fit(&parts.train, components) {
        Ok(pca) => Ok(Some(pca)),
        Err(ModelError::Data(error)) => Err(error.into()),
        Err(_) => Ok(None),
    }
}
