//! The score of an example: its distance from the normal ones, as the run's configuration has it.
//!
//! What a score is compared with is fitted once, when the training has ended, on rows that the model has not fitted, and
//! kept beside the model: scoring needs no training data.

mod file;
mod fitting;
mod memory;
mod patches;
pub(crate) mod worst;

use std::sync::{Arc, OnceLock};

use autoencoder_core::{Autoencoder as _, Source, for_each_chunk};
use autoencoder_datasets::{Listener, Matrix, Progress};
use autoencoder_eval::{Excess, Neighbours, View};
use autoencoder_models::Pca;

use crate::config::score::ScoreKind;
use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::trained::Trained;
use memory::Memory;
use patches::Patches;

/// The nearest that a distance is the mean of.
const NEAREST: usize = 3;
/// Those of the neighbours that stand beside every score.
pub(crate) const BESIDE: usize = 5;

/// One of the distances that a score is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distance {
    /// The squared error of the reconstruction, or a variational model's bound.
    Residual,
    /// The mean distance to the nearest codes.
    Codes,
    /// The mean distance to the nearest rows, their columns seen in that way.
    Rows(View),
    /// That of a picture's oddest patches, of the size of that number, to the nearest patches.
    Patches(usize),
}

impl ScoreKind {
    /// The distances that a score of the kind is made from, and what each counts. The weights of the combined score were
    /// chosen on the sets of docs/results/defaults.md.
    fn distances(self) -> &'static [(Distance, f64)] {
        match self {
            Self::Reconstruction => &[(Distance::Residual, 1.0)],
            Self::Neighbours => &[(Distance::Codes, 1.0), (Distance::Residual, 1.0)],
            Self::Patches => &[
                (Distance::Patches(0), 1.0),
                (Distance::Patches(1), 1.0),
                (Distance::Patches(2), 1.0),
                (Distance::Residual, 1.0),
            ],
            Self::Combined => &[
                (Distance::Rows(View::Standardised), 1.0),
                (Distance::Rows(View::Squashed), 2.0),
                (Distance::Rows(View::Ranked), 2.0),
                (Distance::Codes, 2.0),
                (Distance::Residual, 1.0),
            ],
        }
    }
}

/// What the scores of a model are made from.
#[derive(Debug)]
pub(crate) struct Scorer {
    kind: ScoreKind,
    memory: Memory,
    /// The codes of the memory's rows, once they have been asked for.
    codes: OnceLock<Codes>,
    /// Patches that have been seen, a size each; none where no score is made from them.
    patches: Vec<Patches>,
    /// The scale of each distance; of one distance alone none, whose scores are the distance itself.
    scales: Vec<Excess>,
    /// The scores of rows that the model has not fitted.
    held_out: Vec<f64>,
    /// PCA of the training part, where it is not too large to keep.
    pca: Option<Pca>,
}

struct Codes(Neighbours);

impl std::fmt::Debug for Codes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Codes({})", self.0.len())
    }
}

impl Scorer {
    /// The scorer of a model as it is wanted: the one that was fitted when its training ended, else, of a run of an earlier
    /// toolkit or where another kind is wanted since, one that is fitted to the run's data now. The reconstruction error alone
    /// needs no data.
    ///
    /// # Errors
    /// [`Error::NoReference`] where the data are needed and cannot be had; what fitting says.
    pub(crate) fn of(
        (trained, fitted): (&Trained, Option<&Arc<Self>>),
        kind: ScoreKind,
        parts: &dyn Fn() -> Result<Parts, Error>,
    ) -> Result<Arc<Self>, Error> {
        let kind = if trained.has_prior() { ScoreKind::Reconstruction } else { kind };
        if let Some(scorer) = fitted.filter(|scorer| scorer.kind == kind) {
            return Ok(Arc::clone(scorer));
        }
        match parts() {
            Ok(parts) => Ok(Arc::new(Self::fit(trained, &parts, kind)?)),
            Err(_) if kind == ScoreKind::Reconstruction => Ok(Arc::new(Self::alone(trained))),
            Err(error) => Err(Error::NoReference { reason: error.to_string() }),
        }
    }

    /// The reconstruction error, with nothing to compare it with.
    fn alone(trained: &Trained) -> Self {
        Self {
            kind: ScoreKind::Reconstruction,
            memory: Memory::new(Vec::new(), trained.card.shape.features(), &trained.device),
            codes: OnceLock::new(),
            patches: Vec::new(),
            scales: Vec::new(),
            held_out: Vec::new(),
            pca: None,
        }
    }

    /// The scores of rows that the model has not fitted.
    pub(crate) fn held_out(&self) -> &[f64] {
        &self.held_out
    }

    /// How many rows it remembers.
    pub(crate) fn remembered(&self) -> usize {
        self.memory.len()
    }

    /// PCA of the training part, where there is one.
    pub(crate) fn pca(&self) -> Option<&Pca> {
        self.pca.as_ref()
    }

    /// The score of each scaled example, `[examples]`, the higher, the more anomalous; `listener` is told between parts.
    ///
    /// # Errors
    /// What reading says.
    pub(crate) fn scores(
        &self,
        trained: &Trained,
        source: &dyn Source,
        listener: &Listener,
    ) -> Result<Vec<f64>, Error> {
        let mut scores = Vec::with_capacity(source.len());
        // A part at a time: the codes of millions of rows are as large as the rows.
        for_each_chunk(source, |first, rows| {
            listener.tell(Progress::rows("scoring", scores.len(), Some(source.len())));
            let count = rows.len() / source.shape().features().max(1);
            let mut known = vec![0.0; rows.len()];
            if !source.known(&(first..first + count).collect::<Vec<_>>(), &mut known)? {
                known.clear();
            }
            scores.extend(self.of_rows(trained, rows, &known)?);
            Ok::<_, Error>(())
        })?;
        Ok(scores)
    }

    /// The mean distance of each scaled example to its five nearest rows, columns standardised: no model at all.
    ///
    /// # Errors
    /// What reading says.
    pub(crate) fn nearest_rows(&self, source: &dyn Source) -> Result<Vec<f64>, Error> {
        let mut distances = Vec::with_capacity(source.len());
        for_each_chunk(source, |_, rows| {
            distances.extend(self.memory.distances(View::Standardised, rows, BESIDE));
            Ok::<_, Error>(())
        })?;
        Ok(distances)
    }

    /// How odd each pixel of a scaled picture is, `[height, width]`, by its patches of all sizes; `None` where no score is made
    /// from them.
    pub(crate) fn map(&self, picture: &[f32]) -> Option<Vec<f64>> {
        let maps: Vec<Vec<f64>> = self.patches.iter().map(|patches| patches.map(picture)).collect();
        (!maps.is_empty()).then(|| mean(&maps))
    }

    fn of_rows(&self, trained: &Trained, rows: &[f32], known: &[f32]) -> Result<Vec<f64>, Error> {
        let distances = self.distances(trained, rows, known)?;
        Ok(combine(&self.parts(), &self.scales, &distances))
    }

    /// Each of the kind's distances of each row, of which those values are known.
    fn distances(&self, trained: &Trained, rows: &[f32], known: &[f32]) -> Result<Vec<Vec<f64>>, Error> {
        self.parts().iter().map(|(distance, _)| self.distance(*distance, trained, rows, known)).collect()
    }

    /// The distances of the kind that there are, and what each counts: of small pictures there are fewer sizes of patches.
    fn parts(&self) -> Vec<(Distance, f64)> {
        let is_there = |(distance, _): &&(Distance, f64)| match distance {
            Distance::Patches(size) => *size < self.patches.len(),
            _ => true,
        };
        self.kind.distances().iter().filter(is_there).copied().collect()
    }

    /// A distance of each row.
    fn distance(
        &self,
        distance: Distance,
        trained: &Trained,
        rows: &[f32],
        known: &[f32],
    ) -> Result<Vec<f64>, Error> {
        match distance {
            Distance::Residual => {
                let source = Matrix::new(trained.card.shape, rows.to_vec()).with_known(known.to_vec());
                Ok(trained.on().score_samples(&source)?)
            }
            Distance::Codes => {
                let codes = trained.codes_of(&Matrix::new(trained.card.shape, rows.to_vec()))?;
                Ok(self.codes(trained)?.mean_distances(&codes, NEAREST))
            }
            Distance::Rows(view) => Ok(self.memory.distances(view, rows, NEAREST)),
            Distance::Patches(size) => Ok(self.patches[size].distances(rows)),
        }
    }

    fn codes(&self, trained: &Trained) -> Result<&Neighbours, Error> {
        if self.codes.get().is_none() {
            let rows = Matrix::new(trained.card.shape, self.memory.rows().to_vec());
            let codes = trained.codes_of(&rows)?;
            let _ = self.codes.set(Codes(Neighbours::new(codes, trained.model.code_size(), &trained.device)));
        }
        Ok(&self.codes.get().expect("set above").0)
    }
}

/// The scores of rows whose distances those are, each the root of the weighted sum of what its distances exceed, which are
/// squares.
fn combine(parts: &[(Distance, f64)], scales: &[Excess], distances: &[Vec<f64>]) -> Vec<f64> {
    if scales.is_empty() {
        return distances.first().cloned().unwrap_or_default();
    }
    let rows = distances.first().map_or(0, Vec::len);
    let weighted = || parts.iter().zip(scales).zip(distances);
    let score = |row: usize| {
        weighted().map(|(((_, weight), scale), of)| weight * scale.of(of[row])).sum::<f64>().sqrt()
    };
    (0..rows).map(score).collect()
}

/// The mean of several models' scores, row by row.
pub(crate) fn mean(scores: &[Vec<f64>]) -> Vec<f64> {
    let rows = scores.iter().map(Vec::len).min().unwrap_or(0);
    (0..rows).map(|row| scores.iter().map(|of| of[row]).sum::<f64>() / scores.len() as f64).collect()
}
