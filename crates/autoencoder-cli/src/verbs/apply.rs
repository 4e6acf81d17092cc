//! Verbs that put one file through a model into another, and what they say.

use std::path::Path;

use autoencoder::Error;
use autoencoder::datasets::Progress;
use autoencoder::model::{Classifier, Trained};
use autoencoder::run::{RunFolder, Written};

use crate::arguments::{Apply, Predict};
use crate::output::{Done, document};
use crate::progress::Bar;

/// A verb that puts one file through a model into another.
pub(super) fn apply(
    words: &Apply,
    verb: impl Fn(&Trained, &Path, &Path, &mut dyn FnMut(Progress)) -> Result<Written, Error>,
) -> Result<Done, Error> {
    let trained = Trained::load(&RunFolder::new(&words.run.run), &words.run.device)?;
    let mut bar = Bar::default();
    Ok(written(&verb(&trained, &words.input, &words.output, &mut |so_far| bar.update(&so_far))?))
}

pub(super) fn predict(words: &Predict) -> Result<Done, Error> {
    let classifier = Classifier::load(&RunFolder::new(&words.classifier), &words.device)?;
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    Ok(written(&autoencoder::verbs::predict_file(&classifier, &words.input, &words.output, &mut progress)?))
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
