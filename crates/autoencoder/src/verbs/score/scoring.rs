//! What is asked of `ae score`.

use std::path::Path;

use autoencoder_eval::Rule;

use crate::data::shard::Shard;

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
