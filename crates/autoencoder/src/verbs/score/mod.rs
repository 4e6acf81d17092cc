//! `ae score`: how anomalous each row is, and which are called anomalies.

mod labels;
mod localisation;
mod notes;
mod scored;
mod scoring;
mod write;

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::{Seed, Source, Subset, rows_of_chunk};
use autoencoder_datasets::Rows;
use autoencoder_eval::{Ranking, Rule};

use crate::config::score::ScoreConfig;
use crate::error::Error;
use crate::model::scorer::worst::worst;
use crate::model::scorer::{BESIDE, Scorer, mean};
use crate::model::trained::BATCH;
use crate::pictures::{self, image_shape};
use crate::run::open::Run;
use crate::run::outputs;
use localisation::localise;
use notes::Notes;
use write::write;

pub use crate::model::scorer::worst::Row;
pub use localisation::Localisation;
pub use scored::{NeighbourScores, PcaScores, Scored};
pub use scoring::Scoring;

/// The seed of the intervals, so that scoring twice says the same.
const SEED: u64 = 1;

impl Run {
    /// Scores the rows of a file as the run's configuration says ([`crate::config::ScoreKind`]), in scaled units; by a variational model's
    /// negative ELBO in nats. The higher, the more anomalous, as in PyOD.
    ///
    /// # Errors
    /// What reading, the shape or writing says; [`Error::NotOfShard`] where a shard's rows are not enough for what is asked;
    /// [`Error::Labels`] where labels do not fit; [`Error::NoThreshold`] where
    /// the rule has nothing to be taken of, [`Error::NoReference`] where the score has nothing to be compared with.
    pub fn score(&self, words: &Scoring<'_>) -> Result<Scored, Error> {
        let (trained, listener) = (self.trained(), self.listener());
        check_output(words, Some(self.folder().path()))?;
        check_shard(words)?;
        if let (Some(path), None) = (words.picture, image_shape(trained.card.shape)) {
            return Err(Error::BadOutput {
                path: path.to_owned(),
                remedy: "the run's examples are no images",
            });
        }
        let config = self.config()?;
        let Rows { matrix, lines, pictures, unseen, .. } = trained.read_rows(words.input, listener)?;
        let rows = matrix.len();
        let labels =
            labels::of_rows(words, &config.data, (&matrix, trained.columns.as_deref(), &pictures), listener)?;
        let ids = words.id.map(|id| labels::column(words.input, id, rows, listener)).transpose()?;
        let examples: Arc<dyn Source> = Arc::new(matrix);
        // PCA reads chunks, the model batches. Bits are drawn by the row's place in the whole.
        let together = rows_of_chunk(examples.shape().features()).max(BATCH);
        let source: Arc<dyn Source> = Arc::new(trained.scaled(Arc::clone(&examples))?);
        let cut = words.shard.cut(Arc::clone(&source), together)?;
        let own = Subset::new(examples, cut.rows.clone().collect())?;
        let (outside, excess) = (trained.outside(&own)?, trained.squared_excess(&own)?);
        let notes = Notes { lines, pictures, ids: ids.unwrap_or_default(), outside: Vec::new(), unseen };
        let notes = Notes { outside, ..notes.of(&cut.rows) };
        // Which columns there are must not depend on the rows: those of parts are put one after the other.
        let has_words = trained.columns.iter().flatten().any(|column| !column.words.is_empty());
        let notes = Notes {
            outside: if trained.card.scaling.clip { notes.outside } else { Vec::new() },
            unseen: match (has_words, notes.unseen.is_empty()) {
                (true, true) => vec![0; cut.rows.len()],
                (true, false) => notes.unseen,
                (false, _) => Vec::new(),
            },
            ..notes
        };
        let computed = Arc::clone(&cut.computed);
        let ScoreConfig { kind, members } = config.score;
        let others = (2..=members).map(|number| self.member(number)).collect::<Result<Vec<Self>, Error>>()?;
        let runs = || std::iter::once(self).chain(&others);
        let parts = || self.parts();
        let scorer = |run: &Self| Scorer::of((run.trained(), run.scorer()), kind, &parts);
        let scorers = runs().map(scorer).collect::<Result<Vec<_>, Error>>()?;
        let mut of_models = Vec::new();
        for (run, scorer) in runs().zip(&scorers) {
            of_models.push(scorer.scores(run.trained(), computed.as_ref(), listener)?);
        }
        let mut scores = cut.keep(&mean(&of_models), 1);
        // What a model cannot be shown is as far from it as it lies outside of what can.
        scores.iter_mut().zip(&excess).for_each(|(score, excess)| *score += excess);
        let held_out = mean(&scorers.iter().map(|scorer| scorer.held_out().to_vec()).collect::<Vec<_>>());
        let reference = match (words.rule, &labels) {
            (Rule::Quantile(_), _) => held_out.clone(),
            (Rule::TargetFpr(_), Some(labels)) => normal_scores(&scores, labels),
            _ => Vec::new(),
        };
        let Some(threshold) = words.rule.threshold(&scores, &reference) else {
            return Err(Error::NoThreshold { reason: why(words.rule).to_owned() });
        };
        let rank = |scores: &[f64]| labels.as_ref().and_then(|of| Ranking::of(scores, of, Seed::new(SEED)));
        // The same for all members: those of the first stand for them.
        let beside = &scorers[0];
        let pca = beside.pca().map(|pca| -> Result<PcaScores, Error> {
            let scores = cut.keep(&pca.score_samples(computed.as_ref())?, 1);
            Ok(PcaScores { components: pca.explained_variance().len(), ranking: rank(&scores), scores })
        });
        let pca = pca.transpose()?;
        let neighbours = match beside.remembered() {
            0 => None,
            among => {
                let scores = cut.keep(&beside.nearest_rows(computed.as_ref())?, 1);
                Some(NeighbourScores { nearest: BESIDE, among, ranking: rank(&scores), scores })
            }
        };
        let localisation =
            words.masks.map(|masks| localise((trained, beside), source.as_ref(), masks, listener));
        let localisation = localisation.transpose()?;
        let scored = Scored {
            output: words.output.map(Path::to_owned),
            rows: scores.len(),
            kind,
            members,
            rule: words.rule,
            threshold,
            anomalies: (0..scores.len())
                .filter(|&row| scores[row] > threshold || notes.is_unseen(row))
                .count(),
            worst: worst(&scores, cut.rows.start)
                .into_iter()
                .map(|row| Row { name: notes.name(row.row - cut.rows.start), ..row })
                .collect(),
            ranking: rank(&scores),
            localisation,
            pca,
            neighbours,
            held_out: held_out.len(),
            held_out_needed: words.rule.needed().filter(|needed| *needed > held_out.len()),
            outside: notes.outside.iter().map(|&count| u64::from(count)).sum(),
            unseen: (0..scores.len()).filter(|&row| notes.is_unseen(row)).count(),
            notes,
            for_spreadsheet: words.for_spreadsheet,
        };
        if let Some(path) = words.picture {
            draw(path, self, source.as_ref(), &scored.worst)?;
        }
        if let Some(path) = words.output {
            let shares = words.explain.then(|| trained.on().shares(computed.as_ref()));
            let shares = shares.transpose()?.map(|shares| cut.keep(&shares, trained.card.shape.features()));
            let columns = trained.columns();
            let shares = shares.as_deref().map(|shares| (&columns[..], shares));
            write(path, (&scores, &held_out), &scored, (cut.rows.start, words.shard.heading()), shares)?;
        }
        Ok(scored)
    }
}

/// Whether the file can be written as asked, before anything is computed.
fn check_output(words: &Scoring<'_>, home: Option<&Path>) -> Result<(), Error> {
    let inputs: Vec<&Path> = std::iter::once(words.input).chain(words.labels).chain(words.masks).collect();
    if let Some(picture) = words.picture {
        outputs::check_ending(picture, &["png"], "choose a name that ends in .png")?;
        outputs::check(picture, &inputs, home)?;
    }
    let Some(path) = words.output else { return Ok(()) };
    if words.explain {
        outputs::check_ending(path, &["csv", "parquet"], "shares of features stand in .csv or .parquet")?;
    }
    outputs::check_ending(path, &["npy", "csv", "parquet"], "write .npy, .csv or .parquet")?;
    outputs::check(path, &inputs, home)
}

/// Whether a shard's rows are enough for what is asked of their scores.
fn check_shard(words: &Scoring<'_>) -> Result<(), Error> {
    if words.masks.is_some() && !words.shard.is_whole() {
        return Err(Error::NotOfShard { what: "a comparison with masks" });
    }
    match (words.shard.is_whole(), words.rule, words.labels.is_some() || words.anomaly.is_some()) {
        (true, ..) | (_, Rule::Quantile(_), false) => Ok(()),
        (_, _, true) => Err(Error::NotOfShard { what: "a ranking by labels" }),
        _ => Err(Error::NotOfShard { what: "this threshold" }),
    }
}

fn normal_scores(scores: &[f64], labels: &[bool]) -> Vec<f64> {
    scores.iter().zip(labels).filter(|(_, is)| !**is).map(|(&score, _)| score).collect()
}

fn why(rule: Rule) -> &'static str {
    match rule {
        Rule::TargetFpr(_) => {
            "a rate of false alarms is that of rows labelled normal, and no labels are given"
        }
        _ => "the run keeps no scores to take it of, and its own data cannot be read",
    }
}

/// Draws the rows of the highest scores.
fn draw(path: &Path, run: &Run, source: &dyn Source, worst: &[Row]) -> Result<(), Error> {
    let trained = run.trained();
    let Some(shape) = image_shape(trained.card.shape) else { return Ok(()) };
    let rows: Vec<usize> = worst.iter().map(|row| row.row).collect();
    let mut values = vec![0.0; rows.len() * trained.card.shape.features()];
    source.rows(&rows, &mut values)?;
    let range = source.value_range().unwrap_or((0.0, 1.0));
    let scorer = run.scorer().map(Arc::as_ref);
    pictures::errors(path, "The examples of the highest scores", (trained, scorer), (&values, shape), range)
}
