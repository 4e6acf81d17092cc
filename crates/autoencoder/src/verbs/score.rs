//! `ae score`: how anomalous each row is, and which are called anomalies.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use autoencoder_core::{ExampleShape, Seed, Source, Subset, rows_of_chunk};
use autoencoder_datasets::{
    Axes, Column, Columns, DataFolder, Heading, Matrix, Numbers, Progress, is_table, read_rows,
    write_columns, write_rows,
};
use autoencoder_eval::{Ranking, Rule, p_values, shares};
use serde::Serialize;

use super::localisation::{Localisation, localise};
use crate::pictures::image_shape;
use crate::scorer::{BESIDE, Scorer, mean};
use crate::trained::{BATCH, Trained};
use crate::{Error, RunFolder, ScoreConfig, ScoreKind, Shard, outputs, pictures, rows};

/// The seed of the intervals, so that scoring twice says the same.
const SEED: u64 = 1;
/// How many of the highest scores are named.
const WORST: usize = 10;

/// What is asked of `ae score`.
#[derive(Clone, Debug)]
pub struct Scoring<'a> {
    /// A file of rows: `.npy`, or a table.
    pub input: &'a Path,
    /// The `.npy` file for the scores, or the `.csv` or `.parquet` file for scores, labels and shares.
    pub output: Option<&'a Path>,
    /// Which of its rows.
    pub shard: Shard,
    /// A file with 1 for each anomaly and 0 for the rest.
    pub labels: Option<&'a Path>,
    /// Pictures that are white where something is wrong, one for each.
    pub masks: Option<&'a Path>,
    /// Where normal ends.
    pub rule: Rule,
    /// A PNG file for the examples of the highest scores, their reconstructions and where the errors lie: of images.
    pub picture: Option<&'a Path>,
    /// Whether the share of each feature in the error stands in the `.csv` file.
    pub explain: bool,
}

/// What was found.
#[derive(Clone, Debug, Serialize)]
pub struct Scored {
    /// The file that was written.
    #[serde(serialize_with = "autoencoder_core::files::some_path_as_text")]
    pub output: Option<PathBuf>,
    /// The number of rows.
    pub rows: usize,
    /// Which distance was taken.
    pub kind: ScoreKind,
    /// Of how many models a score is the mean.
    pub members: usize,
    /// How the threshold was chosen.
    pub rule: Rule,
    /// What scores above it is called an anomaly.
    pub threshold: f64,
    /// How many do.
    pub anomalies: usize,
    /// The rows of the highest scores, highest first.
    pub worst: Vec<Row>,
    /// Where labels were given: how well the scores rank them.
    pub ranking: Option<Ranking>,
    /// Where masks were given: how well it is seen where in the pictures something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub localisation: Option<Localisation>,
    /// PCA's; absent where the training data are gone or too large for it.
    pub pca: Option<PcaScores>,
    /// Those of the nearest rows; absent where none are kept.
    pub neighbours: Option<NeighbourScores>,
    /// How many scores of rows that the model has not fitted the threshold may be taken from.
    pub held_out: usize,
    /// How many would have to be, where they are too few for the quantile that was asked for: the greatest is taken then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_out_needed: Option<usize>,
    /// How many values lay outside the range that the scaling was fitted on, and were clipped.
    pub clipped: usize,
}

/// A row of the input and its score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Counted from 0.
    pub row: usize,
    /// The higher, the more anomalous.
    pub score: f64,
}

/// The mean distance to the nearest rows that the run has learned from, columns standardised, beside the model's score: what
/// there is to be had without a model.
#[derive(Clone, Debug, Serialize)]
pub struct NeighbourScores {
    /// How many nearest.
    pub nearest: usize,
    /// Among how many rows, a sample of those learned from.
    pub among: usize,
    /// Where labels were given.
    pub ranking: Option<Ranking>,
    /// `[rows]`.
    #[serde(skip)]
    pub scores: Vec<f64>,
}

/// PCA's reconstruction error as a score, beside the model's.
#[derive(Clone, Debug, Serialize)]
pub struct PcaScores {
    /// As many as code units, but at most half the features: with more it would copy.
    pub components: usize,
    /// Where labels were given.
    pub ranking: Option<Ranking>,
    /// `[rows]`.
    #[serde(skip)]
    pub scores: Vec<f64>,
}

/// Scores the rows of a file as the run's configuration says ([`ScoreKind`]), in scaled units; by a variational model's
/// negative ELBO in nats. The higher, the more anomalous, as in PyOD.
///
/// # Errors
/// What reading, the shape or writing says; [`Error::NotOfShard`] where a shard's rows are not enough for what is asked;
/// [`Error::Labels`] where labels do not fit; [`Error::NoThreshold`] where
/// the rule has nothing to be taken of, [`Error::NoReference`] where the score has nothing to be compared with.
pub fn score(
    folder: &RunFolder,
    trained: &Trained,
    words: &Scoring<'_>,
    data: &DataFolder,
    progress: &mut dyn FnMut(Progress),
) -> Result<Scored, Error> {
    check_output(words, trained.home.as_deref())?;
    check_shard(words)?;
    if let (Some(path), None) = (words.picture, image_shape(trained.card.shape)) {
        return Err(Error::BadOutput { path: path.to_owned(), remedy: "the run's examples are no images" });
    }
    let examples: Arc<dyn Source> = Arc::new(trained.read_rows(words.input, progress)?.matrix);
    // PCA reads chunks, the model batches.
    let together = rows_of_chunk(examples.shape().features()).max(BATCH);
    let cut = words.shard.cut(Arc::clone(&examples), together)?;
    let clipped = trained.clipped(&Subset::new(Arc::clone(&examples), cut.rows.clone().collect())?)?;
    let source = trained.scaled(examples)?;
    let computed = trained.scaled(Arc::clone(&cut.computed))?;
    let labels = words.labels.map(|path| read_labels(path, source.len(), progress)).transpose()?;
    let ScoreConfig { kind, members } = folder.config_in_use()?.score;
    let others = (2..=members).map(|number| match trained.beside(&folder.member(number)) {
        Err(Error::NoRun { .. }) => Err(Error::NoMember { path: folder.path().to_owned(), number }),
        other => other,
    });
    let others = others.collect::<Result<Vec<Trained>, Error>>()?;
    let models = || std::iter::once(trained).chain(&others);
    let fetching = RefCell::new(&mut *progress);
    let parts = || trained.parts(folder, data, &mut |so_far| (*fetching.borrow_mut())(so_far));
    let scorers = models().map(|model| Scorer::of(model, kind, &parts)).collect::<Result<Vec<_>, Error>>()?;
    let mut of_models = Vec::new();
    for (model, scorer) in models().zip(&scorers) {
        of_models.push(scorer.scores(model, &computed, progress)?);
    }
    let scores = cut.keep(&mean(&of_models), 1);
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
        let scores = cut.keep(&pca.score_samples(&computed)?, 1);
        Ok(PcaScores { components: pca.explained_variance().len(), ranking: rank(&scores), scores })
    });
    let pca = pca.transpose()?;
    let neighbours = match beside.remembered() {
        0 => None,
        among => {
            let scores = cut.keep(&beside.nearest_rows(&computed)?, 1);
            Some(NeighbourScores { nearest: BESIDE, among, ranking: rank(&scores), scores })
        }
    };
    let localisation = words.masks.map(|masks| localise((trained, beside), &source, masks, progress));
    let localisation = localisation.transpose()?;
    let scored = Scored {
        output: words.output.map(Path::to_owned),
        rows: scores.len(),
        kind,
        members,
        rule: words.rule,
        threshold,
        anomalies: scores.iter().filter(|&&score| score > threshold).count(),
        worst: worst(&scores, cut.rows.start),
        ranking: rank(&scores),
        localisation,
        pca,
        neighbours,
        held_out: held_out.len(),
        held_out_needed: words.rule.needed().filter(|needed| *needed > held_out.len()),
        clipped,
    };
    if let Some(path) = words.picture {
        draw(path, trained, &source, &scored.worst)?;
    }
    if let Some(path) = words.output {
        let shares = words
            .explain
            .then(|| shares(&trained.model, &trained.card.loss, &computed, BATCH, &trained.device));
        let shares = shares.transpose()?.map(|shares| cut.keep(&shares, trained.card.shape.features()));
        let columns = trained.columns();
        let shares = shares.as_deref().map(|shares| (&columns[..], shares));
        write(path, (&scores, &held_out), &scored, (cut.rows.start, words.shard.heading()), shares)?;
    }
    Ok(scored)
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
        outputs::check_ending(path, &["csv", "parquet"], "--explain writes .csv or .parquet")?;
    }
    outputs::check_ending(path, &["npy", "csv", "parquet"], "write .npy, .csv or .parquet")?;
    outputs::check(path, &inputs, home)
}

/// Whether a shard's rows are enough for what is asked of their scores.
fn check_shard(words: &Scoring<'_>) -> Result<(), Error> {
    if words.masks.is_some() && !words.shard.is_whole() {
        return Err(Error::NotOfShard { what: "a comparison with masks" });
    }
    match (words.shard.is_whole(), words.rule, words.labels) {
        (true, ..) | (_, Rule::Quantile(_), None) => Ok(()),
        (_, _, Some(_)) => Err(Error::NotOfShard { what: "a ranking by labels" }),
        _ => Err(Error::NotOfShard { what: "this threshold" }),
    }
}

/// One label a row: whether it is an anomaly.
fn read_labels(path: &Path, rows: usize, progress: &mut dyn FnMut(Progress)) -> Result<Vec<bool>, Error> {
    let labels = read_rows(path, Columns::default(), progress)?.matrix;
    let wrong = |message: String| Error::Labels { path: path.to_owned(), message };
    let mut values = vec![0.0; labels.len() * labels.shape().features()];
    labels.rows(&(0..labels.len()).collect::<Vec<_>>(), &mut values)?;
    if values.len() != rows {
        return Err(wrong(format!("it holds {} numbers for {rows} rows", values.len())));
    }
    let labels: Result<Vec<bool>, Error> = values
        .iter()
        .enumerate()
        .map(|(row, &value)| match value {
            0.0 => Ok(false),
            1.0 => Ok(true),
            _ => Err(wrong(format!("row {row} holds {value}"))),
        })
        .collect();
    let labels = labels?;
    match labels.iter().any(|&is| is) && labels.iter().any(|&is| !is) {
        true => Ok(labels),
        false => Err(wrong("all rows have the same label".to_owned())),
    }
}

fn normal_scores(scores: &[f64], labels: &[bool]) -> Vec<f64> {
    scores.iter().zip(labels).filter(|(_, is)| !**is).map(|(&score, _)| score).collect()
}

fn why(rule: Rule) -> &'static str {
    match rule {
        Rule::TargetFpr(_) => "--target-fpr needs --labels",
        _ => "the run keeps no scores to take it of, and its own data cannot be read",
    }
}

/// Draws the rows of the highest scores.
fn draw(path: &Path, trained: &Trained, source: &dyn Source, worst: &[Row]) -> Result<(), Error> {
    let Some(shape) = image_shape(trained.card.shape) else { return Ok(()) };
    let rows: Vec<usize> = worst.iter().map(|row| row.row).collect();
    let mut values = vec![0.0; rows.len() * trained.card.shape.features()];
    source.rows(&rows, &mut values)?;
    let range = source.value_range().unwrap_or((0.0, 1.0));
    pictures::errors(path, "The examples of the highest scores", trained, (&values, shape), range)
}

/// The rows of the highest scores, highest first, where the first score is that of the row `first`.
pub(crate) fn worst(scores: &[f64], first: usize) -> Vec<Row> {
    let mut rows: Vec<Row> = (first..).zip(scores).map(|(row, &score)| Row { row, score }).collect();
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    rows.truncate(WORST);
    rows
}

/// Writes the scores of a shard's rows and, of the columns that are given, the share of each feature in the errors.
fn write(
    path: &Path,
    (scores, held_out): (&[f64], &[f64]),
    scored: &Scored,
    (first, heading): (usize, Heading),
    shares: Option<(&[Column], &[f32])>,
) -> Result<(), Error> {
    if !is_table(path) {
        let column = scores.iter().map(|&score| score as f32).collect();
        write_rows(path, &Matrix::new(ExampleShape::Flat(1), column), Axes::Rows, &[], heading)?;
        return Ok(());
    }
    let flags = scores.iter().map(|&score| i64::from(score > scored.threshold)).collect();
    let rows = (first..first + scores.len()).map(|row| row as i64);
    let mut columns = vec![
        ("row".to_owned(), Numbers::Integers(rows.collect())),
        ("score".to_owned(), Numbers::Doubles(scores.to_vec())),
        ("anomaly".to_owned(), Numbers::Integers(flags)),
    ];
    if !held_out.is_empty() {
        columns.push(("p_value".to_owned(), Numbers::Doubles(p_values(scores, held_out))));
    }
    let beside = [
        ("pca_score", scored.pca.as_ref().map(|pca| &pca.scores)),
        ("neighbour_score", scored.neighbours.as_ref().map(|neighbours| &neighbours.scores)),
    ];
    for (name, scores) in beside {
        columns.extend(scores.map(|scores| (name.to_owned(), Numbers::Doubles(scores.clone()))));
    }
    if let Some((of, shares)) = shares {
        let shares = rows::by_column(of, shares);
        columns.extend(of.iter().enumerate().map(|(index, column)| {
            let own = shares.iter().skip(index).step_by(of.len()).copied().collect();
            (format!("share of {}", column.name), Numbers::Floats(own))
        }));
    }
    Ok(write_columns(path, columns, heading)?)
}
