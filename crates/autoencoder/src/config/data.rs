//! The `[data]` table: what is learned from.

use autoencoder_datasets::{Missing, ScalingKind, Unlabelled};
use serde::{Deserialize, Serialize};

/// The `[data]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// A data set by name, or a path.
    pub source: String,
    /// How the values are scaled, fitted on the training part alone; absent: what fits the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scaling: Option<ScalingKind>,
    /// The share of the training examples kept for validation, in `(0, 1)`.
    pub validation: f64,
    /// The share kept for the test where the data have no test part of their own, in `(0, 1)`.
    pub test: f64,
    /// Take only that many examples, or generate that many; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub examples: Option<usize>,
    /// The columns of a table that are not learned from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// The column of a table that names the class of each row, which is not learned from either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The class that is learned from, by its label's word or number; rows of others take no part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normal_only: Option<String>,
    /// What becomes of a cell of a table that has no value: `refuse`; `mean`, the column's in the training part;
    /// `indicator`, the mean and a feature that says which were missing.
    #[serde(skip_serializing_if = "is_default")]
    pub missing: Missing,
    /// The columns of a table whose numbers are codes, each of which is a word.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
    /// Whether the first row of a table names its columns; absent: what it looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// What becomes of a row of a table whose label has no value: `refuse`, `leave-out`.
    #[serde(skip_serializing_if = "is_default")]
    pub unlabelled: Unlabelled,
    /// Where values are probabilities of bits (`scaling = "binary"`): whether those that are learned from are drawn `anew` in
    /// each epoch, or are `fixed`.
    #[serde(skip_serializing_if = "is_default")]
    pub bits: Bits,
    /// `[channels, height, width]` of images that a file holds as flat rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shape: Option<[usize; 3]>,
    /// The seed of which examples there are and which part each is in; absent: that of the training.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// When the bits of the training part are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bits {
    /// In each epoch, from the run's seed, the epoch and the row: as Burda et al. 2016 measure.
    #[default]
    Anew,
    /// Once.
    Fixed,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            source: "strokes".to_owned(),
            scaling: None,
            validation: 0.1,
            test: 0.1,
            examples: None,
            drop: Vec::new(),
            label: None,
            normal_only: None,
            missing: Missing::Refuse,
            words: Vec::new(),
            header: None,
            unlabelled: Unlabelled::Refuse,
            bits: Bits::Anew,
            shape: None,
            seed: None,
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
