//! `ae train`: its words and what it says.

use std::path::Path;

use autoencoder::Error;
use autoencoder::config::{CheckedRun, RunConfig};
use autoencoder::datasets::DataFolder;
use autoencoder::eval::Evaluation;
use autoencoder::run::{Place, RunFolder};
use autoencoder::train::Interrupter;
use autoencoder::training::Session;
use autoencoder::verbs::TrainReport;

use super::session::session;
use crate::arguments::Train;
use crate::output::{Done, document};
use crate::{configuration, signals};

pub(super) fn train(words: &Train, data: &DataFolder, json: bool) -> Result<Done, Error> {
    let interrupter = Interrupter::new();
    signals::listen(&interrupter);
    let mut training = Training { words, data, json, interrupter };
    let report = match (&words.run, words.resume) {
        (Some(run), true) => training.resume(&RunFolder::new(run))?,
        _ => {
            let config = configuration::of(words)?;
            let place = match &words.run {
                Some(run) => Place::Folder(RunFolder::new(run)),
                None => Place::Next(run_name(&config)),
            };
            training.begin(config.check()?, place)?
        }
    };
    let complete = is_complete(&report) && training.others(&RunFolder::new(&report.run))?;
    Ok(Done { words: train_words(&report, complete), document: document(&report), complete })
}

/// Trainings one after the other, shown alike and stopped together.
struct Training<'a> {
    words: &'a Train,
    data: &'a DataFolder,
    json: bool,
    interrupter: Interrupter,
}

impl Training<'_> {
    fn begin(&mut self, run: CheckedRun, place: Place) -> Result<TrainReport, Error> {
        self.session(|session| autoencoder::verbs::train(run, place, session))
    }

    fn resume(&mut self, folder: &RunFolder) -> Result<TrainReport, Error> {
        let longer = self.words.epochs;
        self.session(|session| autoencoder::verbs::resume(folder, longer, session))
    }

    /// The further members of the run's ensemble; whether all of them were trained to their end.
    fn others(&mut self, run: &RunFolder) -> Result<bool, Error> {
        let config = run.config()?;
        for number in 2..=config.score.members {
            let member = run.member(number);
            let report = match member.config() {
                Ok(_) => self.resume(&member)?,
                Err(_) => self.begin(config.of_member(number).check()?, Place::Folder(member))?,
            };
            if !is_complete(&report) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn session(
        &mut self,
        run: impl FnOnce(Session<'_>) -> Result<TrainReport, Error>,
    ) -> Result<TrainReport, Error> {
        session(self.data, &self.interrupter, self.json || self.words.plain, run)
    }
}

fn is_complete(report: &TrainReport) -> bool {
    report.stopped != "interrupted"
}

fn run_name(config: &RunConfig) -> String {
    let source =
        Path::new(&config.data.source).file_stem().map_or("data".into(), |stem| stem.to_string_lossy());
    format!("{source}-{}", config.model().name())
}

fn train_words(report: &TrainReport, complete: bool) -> String {
    let run = report.run.display();
    match &report.evaluation {
        Some(_) if !complete => {
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
    let alone = match components < units {
        true => format!("; PCA with {components} components, all that these data have, {error:.3}"),
        false => format!("; PCA with {components} components {error:.3}"),
    };
    // Where as many dimensions as components hold all there is, PCA's error is rounding.
    let ratio = ours / error;
    match ratio < 1000.0 && components == units {
        true => format!("{ours_alone} ({ratio:.2} times PCA's){alone}{}", advice(ratio, report)),
        false => format!("{ours_alone}{alone}"),
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
    match report.best_epoch == Some(report.epochs) && report.stopped == "finished" {
        true => format!(
            "; PCA is better: the last epoch was the best, so train longer (--epochs {})",
            3 * report.epochs
        ),
        false => format!(
            "; PCA is better: start from it (--set model.linear=true --set loss.kind=squared-error), or compare the curves in \
             {run}/plots/loss.png"
        ),
    }
}
