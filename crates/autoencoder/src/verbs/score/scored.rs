//! What `ae score` found.

use std::path::PathBuf;

use autoencoder_eval::{Ranking, Rule};
use serde::Serialize;

use super::localisation::Localisation;
use super::notes::Notes;
use crate::config::score::ScoreKind;
use crate::model::scorer::worst::Row;

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
    pub(super) notes: Notes,
    #[serde(skip)]
    pub(super) for_spreadsheet: bool,
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
