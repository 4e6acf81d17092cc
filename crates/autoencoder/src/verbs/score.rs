//! `ae score`: how anomalous each row is, and which are called anomalies.

use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use autoencoder_core::{ExampleShape, Seed, Source, Subset, rows_of_chunk};
use autoencoder_datasets::{
    Axes, Column, DataFolder, Heading, Matrix, Numbers, Progress, Rows, is_table, write_columns, write_rows,
};
use autoencoder_eval::{Ranking, Rule, p_values, shares};
use serde::Serialize;

use super::labels;
use super::localisation::{Localisation, localise};
use super::report::most;
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
    /// A file with the label of each row; absent: the input's own, where it has any.
    pub labels: Option<&'a Path>,
    /// The column of a table that the labels are in; absent: the run's, or what labels are called.
    pub label: Option<&'a str>,
    /// The label of an anomaly; absent: what anomalies are called, or whatever is not the class that was learned from.
    pub anomaly: Option<&'a str>,
    /// A column of the input that is handed through, so that rows can be found again.
    pub id: Option<&'a str>,
    /// Pictures that are white where something is wrong, one for each.
    pub masks: Option<&'a Path>,
    /// Where normal ends.
    pub rule: Rule,
    /// A PNG file for the examples of the highest scores, their reconstructions and where the errors lie: of images.
    pub picture: Option<&'a Path>,
    /// Whether the share of each feature in the error stands in the `.csv` file.
    pub explain: bool,
    /// Whether words in it that a spreadsheet would compute have an apostrophe before them.
    pub for_spreadsheet: bool,
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
    /// How many values lay outside of the range of the training part.
    pub outside: u64,
    /// How many rows hold words that training did not have: they are called anomalies whatever their score.
    pub unseen: usize,
    /// What is known of each row beside its scores.
    #[serde(skip)]
    notes: Notes,
    #[serde(skip)]
    for_spreadsheet: bool,
}

/// What is known of each row beside its scores; each of them empty where it is not.
#[derive(Clone, Debug, Default)]
struct Notes {
    /// The line of the file.
    lines: Vec<u64>,
    /// The picture's path in its folder.
    pictures: Vec<PathBuf>,
    /// The column that is handed through.
    ids: Vec<String>,
    outside: Vec<u32>,
    unseen: Vec<u32>,
}

impl Notes {
    /// Those of some of the rows.
    fn of(self, rows: &Range<usize>) -> Self {
        fn cut<T: Clone>(all: &[T], rows: &Range<usize>) -> Vec<T> {
            all.get(rows.clone()).unwrap_or_default().to_vec()
        }
        Self {
            lines: cut(&self.lines, rows),
            pictures: cut(&self.pictures, rows),
            ids: cut(&self.ids, rows),
            outside: cut(&self.outside, rows),
            unseen: cut(&self.unseen, rows),
        }
    }

    fn is_unseen(&self, row: usize) -> bool {
        self.unseen.get(row).is_some_and(|&count| count > 0)
    }

    /// What a row is called where it comes from, if it is called anything there.
    fn name(&self, row: usize) -> Option<String> {
        let id = self.ids.get(row).cloned();
        let picture = || self.pictures.get(row).map(|path| path.display().to_string());
        id.or_else(picture).or_else(|| self.lines.get(row).map(|line| format!("line {line}")))
    }
}

/// A row of the input and its score.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Counted from 0.
    pub row: usize,
    /// What it is called where it comes from: its id, its picture, its line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
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
    let config = folder.config_in_use()?;
    let Rows { matrix, lines, pictures, unseen, .. } = trained.read_rows(words.input, progress)?;
    let rows = matrix.len();
    let labels =
        labels::of_rows(words, &config.data, (&matrix, trained.columns.as_deref(), &pictures), progress)?;
    let ids = words.id.map(|id| labels::column(words.input, id, rows, progress)).transpose()?;
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
        of_models.push(scorer.scores(model, computed.as_ref(), progress)?);
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
    let localisation = words.masks.map(|masks| localise((trained, beside), source.as_ref(), masks, progress));
    let localisation = localisation.transpose()?;
    let scored = Scored {
        output: words.output.map(Path::to_owned),
        rows: scores.len(),
        kind,
        members,
        rule: words.rule,
        threshold,
        anomalies: (0..scores.len()).filter(|&row| scores[row] > threshold || notes.is_unseen(row)).count(),
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
        draw(path, trained, source.as_ref(), &scored.worst)?;
    }
    if let Some(path) = words.output {
        let shares = words
            .explain
            .then(|| shares(&trained.model, &trained.card.loss, computed.as_ref(), BATCH, &trained.device));
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
    let mut rows: Vec<Row> =
        (first..).zip(scores).map(|(row, &score)| Row { row, name: None, score }).collect();
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
    let notes = &scored.notes;
    let flag = |row: usize| i64::from(scores[row] > scored.threshold || notes.is_unseen(row));
    let rows = (first..first + scores.len()).map(|row| row as i64);
    let mut columns = vec![
        ("row".to_owned(), Numbers::Integers(rows.collect())),
        ("score".to_owned(), Numbers::Doubles(scores.to_vec())),
        ("anomaly".to_owned(), Numbers::Integers((0..scores.len()).map(flag).collect())),
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
    if !notes.lines.is_empty() {
        let lines = notes.lines.iter().map(|&line| line as i64).collect();
        columns.push(("line".to_owned(), Numbers::Integers(lines)));
    }
    if !notes.pictures.is_empty() {
        let names = notes.pictures.iter().map(|path| path.display().to_string()).collect();
        columns.push(("picture".to_owned(), Numbers::Words(names)));
    }
    if !notes.ids.is_empty() {
        columns.push(("id".to_owned(), Numbers::Words(notes.ids.clone())));
    }
    for (name, counts) in [("outside", &notes.outside), ("unseen", &notes.unseen)] {
        if !counts.is_empty() {
            let counts = counts.iter().map(|&count| i64::from(count)).collect();
            columns.push((name.to_owned(), Numbers::Integers(counts)));
        }
    }
    if let Some((of, shares)) = shares {
        let shares = rows::by_column(of, shares);
        columns.extend(of.iter().enumerate().map(|(index, column)| {
            let own = shares.iter().skip(index).step_by(of.len()).copied().collect();
            (format!("share of {}", column.name), Numbers::Floats(own))
        }));
        let because = shares.chunks_exact(of.len().max(1)).map(|shares| most(shares, of)).collect();
        columns.push(("because".to_owned(), Numbers::Words(because)));
    }
    if scored.for_spreadsheet {
        columns =
            columns.into_iter().map(|(name, cells)| (as_text(name), cells.map_words(as_text))).collect();
    }
    Ok(write_columns(path, columns, heading)?)
}

/// A word as a spreadsheet takes it for text.
fn as_text(word: String) -> String {
    match word.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{word}"),
        false => word,
    }
}
