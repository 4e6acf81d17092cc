//! What a verb wrote, and how it writes it.

use std::path::{Path, PathBuf};

use autoencoder_core::Source;
use serde::Serialize;

use crate::data::rows;
use crate::data::rows::RowLayout;
use crate::error::Error;
use crate::model::trained::Trained;
use crate::run::outputs;

/// What a verb wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The file.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub output: PathBuf,
    /// The number of examples.
    pub rows: usize,
    /// The number of values of each.
    pub columns: usize,
    /// How many values of the input lay outside of the range of the training part.
    pub outside: u64,
    /// Whether they were cut to it, since the loss is not defined elsewhere.
    pub cut: bool,
    /// How many rows hold words that training did not have.
    pub unseen: usize,
}

/// Whether rows of numbers that are made from `input` may be written to `output`, before anything is computed.
pub(crate) fn check_output(output: &Path, input: &Path, home: Option<&Path>) -> Result<(), Error> {
    outputs::check_ending(
        output,
        &["npy", "csv", "parquet"],
        "choose a name that ends in .npy, .csv or .parquet",
    )?;
    outputs::check(output, &[input], home)
}

pub(crate) fn write(
    output: &Path,
    source: &dyn Source,
    layout: &RowLayout<'_>,
    Strangeness { outside, cut, unseen }: Strangeness,
) -> Result<Written, Error> {
    let (rows, columns) = rows::write(output, source, layout)?;
    Ok(Written { output: output.to_owned(), rows, columns, outside, cut, unseen })
}

/// How strange some rows are: what training had not seen of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct Strangeness {
    pub(crate) outside: u64,
    pub(crate) cut: bool,
    pub(crate) unseen: usize,
}

impl Strangeness {
    /// Of rows, of each of which so many words are unknown.
    pub(crate) fn of(trained: &Trained, rows: &dyn Source, unseen: &[u32]) -> Result<Self, Error> {
        Ok(Self {
            outside: trained.outside(rows)?.into_iter().map(u64::from).sum(),
            cut: trained.card.loss.is_bounded(),
            unseen: unseen.iter().filter(|&&count| count > 0).count(),
        })
    }
}
