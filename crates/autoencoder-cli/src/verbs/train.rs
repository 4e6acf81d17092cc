//! `ae train`: its words and what it says.

use std::path::Path;

use autoencoder::Error;
use autoencoder::config::RunConfig;
use autoencoder::datasets::DataFolder;
use autoencoder::eval::Evaluation;
use autoencoder::run::{Place, RunFolder};
use autoencoder::training::TrainReport;
use autoencoder::verbs::{self, resume};

use super::session::session;
use crate::arguments::Train;
use crate::configuration;
use crate::output::{Done, document};

pub(super) fn train(words: &Train, data: &DataFolder, json: bool) -> Result<Done, Error> {
    let session = session(json || words.plain);
    let report = match (&words.run, words.resume) {
        (Some(run), true) => resume(&RunFolder::new(run), words.epochs, data, &session)?,
        _ => {
            let config = configuration::of(words)?;
            let place = match &words.run {
                Some(run) => Place::Folder(RunFolder::new(run)),
                None => Place::Next(run_name(&config)),
            };
            verbs::train(&config.check()?, place, data, &session)?
        }
    };
    Ok(Done { words: train_words(&report), document: document(&report), complete: report.is_complete })
}

fn run_name(config: &RunConfig) -> String {
    let source =
        Path::new(&config.data.source).file_stem().map_or("data".into(), |stem| stem.to_string_lossy());
    format!("{source}-{}", config.model().name())
}

fn train_words(report: &TrainReport) -> String {
    let run = report.run.display();
    match &report.evaluation {
        Some(_) if !report.is_complete => {
            format!("{run}: interrupted among its members; continue with `ae train --resume --run {run}`")
        }
        Some(evaluation) => format!(
            "{run}: {}; look at {run}/plots/reconstructions.png, then try `ae evaluate {run}`",
            against_pca(evaluation, report)
        ),
        None if report.layer.is_some() => format!(
            "{run}: interrupted in layer {}; continue with `ae train --resume --run {run}`",
            report.layer.unwrap_or_default()
        ),
        None => format!(
            "{run}: interrupted after {} epochs; continue with `ae train --resume --run {run}`",
            report.epochs
        ),
    }
}

/// The ratio to PCA's error above which more than rounding separates the two.
const ABOVE: f64 = 1.001;

fn against_pca(evaluation: &Evaluation, report: &TrainReport) -> String {
    let ours = evaluation.splits.test.squared_error_per_example;
    let units = evaluation.code_size;
    let ours_alone = format!("test squared error {ours:.3} per example with {units} code units");
    let Some(pca) = &evaluation.pca else {
        return format!(
            "{ours_alone}; PCA of that many components is left out, it would take too much memory"
        );
    };
    let (error, components) = (pca.errors.test.squared_error_per_example, pca.components);
    let alone = if components < units {
        format!("; PCA with {components} components, all that these data have, {error:.3}")
    } else {
        format!("; PCA with {components} components {error:.3}")
    };
    // Where as many dimensions as components hold all there is, PCA's error is rounding.
    let ratio = ours / error;
    if ratio < 1000.0 && components == units {
        format!("{ours_alone} ({ratio:.2} times PCA's){alone}{}", advice(ratio, report))
    } else {
        format!("{ours_alone}{alone}")
    }
}

/// What to change where PCA is better, or nothing better than PCA was found.
fn advice(ratio: f64, report: &TrainReport) -> String {
    let run = report.run.display();
    if report.best_epoch == Some(0) {
        return "; no epoch was clearly better than PCA on the validation part, so the model is PCA: more rows or a larger \
                model.code may help"
            .to_owned();
    }
    if ratio <= ABOVE {
        return String::new();
    }
    if report.best_epoch == Some(report.epochs) && report.stopped == "finished" {
        format!(
            "; PCA is better: the last epoch was the best, so train longer (--epochs {})",
            3 * report.epochs
        )
    } else {
        format!(
            "; PCA is better: start from it (--set model.linear=true --set loss.kind=squared-error), or compare the curves in \
             {run}/plots/loss.png"
        )
    }
}
