//! Verbs that put one file through a model into another, and what they say.

use std::path::Path;

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::model::Classifier;
use autoencoder::run::{Run, RunFolder, Written};

use crate::arguments::{Apply, Predict};
use crate::output::{Done, document};

/// A verb that puts one file through a model into another.
pub(super) fn apply(
    words: &Apply,
    data: &DataFolder,
    verb: impl Fn(&Run, &Path, &Path) -> Result<Written, Error>,
) -> Result<Done, Error> {
    let run = Run::open(&RunFolder::new(&words.run.run), &words.run.device, data)?;
    Ok(written(&verb(&run, &words.input, &words.output)?))
}

pub(super) fn predict(words: &Predict, data: &DataFolder) -> Result<Done, Error> {
    let classifier = Classifier::load(&RunFolder::new(&words.classifier), &words.device)?;
    Ok(written(&classifier.predict_file(&words.input, &words.output, data.listener())?))
}

pub(super) fn written(done: &Written) -> Done {
    let Written { output, rows, columns, outside, cut, unseen } = done;
    let mut words = format!("{}: {rows} rows of {columns}", output.display());
    if *outside > 0 {
        let cut = if *cut { " and were cut to it" } else { "" };
        words.push_str(&format!("; {outside} values lie outside of the range of the training part{cut}"));
    }
    if *unseen > 0 {
        words.push_str(&format!("; {unseen} rows hold words that training did not have"));
    }
    Done::new(words, document(done))
}
