//! `ae finetune`: its words and what it says.

use autoencoder::Error;
use autoencoder::config::{FinetuneConfig, overrides};

use autoencoder::datasets::DataFolder;
use autoencoder::eval::{Answers, Deviations, PerPart};
use autoencoder::run::{Run, RunFolder};
use autoencoder::train::Start;
use autoencoder::verbs::FinetuneReport;

use super::session::session;
use crate::arguments::Finetune;
use crate::output::{Done, document};

pub(super) fn finetune(words: &Finetune, data: &DataFolder, json: bool) -> Result<Done, Error> {
    let run = RunFolder::new(&words.encoder_of);
    let folder = RunFolder::new(words.run.clone().unwrap_or_else(|| run.file("classifier")));
    let config = if words.resume { folder.finetune_config()? } else { configuration(words)? };
    config.check()?;
    let start = if words.resume { Start::Resumed } else { Start::New };
    let session = session(json || words.plain);
    let report = Run::open(&run, config.train.device.first_name(), data)?
        .finetune(&folder, &config, start, &session)?;
    let complete = report.answers.is_some() || report.deviations.is_some();
    Ok(Done { words: says(&report, words), document: document(&report), complete })
}

fn configuration(words: &Finetune) -> Result<FinetuneConfig, Error> {
    let mut table = overrides::parse(&FinetuneConfig::default().to_toml()?, "the defaults")?;
    let quoted = |key: &str, value: &Option<String>| value.as_ref().map(|value| format!("{key}={value:?}"));
    let flags = [
        quoted("label", &words.label),
        words.regress.then(|| "target=number".to_owned()),
        quoted("encoder", &words.encoder),
        quoted("train.device", &words.device),
        words.epochs.map(|epochs| format!("train.epochs={epochs}")),
        words.seed.map(|seed| format!("train.seed={seed}")),
    ];
    for assignment in flags.iter().flatten().chain(&words.set) {
        overrides::set(&mut table, assignment)?;
    }
    Ok(FinetuneConfig::from_table(table)?)
}

fn says(report: &FinetuneReport, words: &Finetune) -> String {
    let FinetuneReport { epochs, classes, answers, .. } = report;
    let (folder, best) = (report.folder.display(), report.best_epoch.unwrap_or(0));
    if let Some(PerPart { test, .. }) = &report.deviations {
        let Deviations { root_mean_squared_error, explained_variance_ratio, examples } = test;
        let share =
            explained_variance_ratio.map_or("-".to_owned(), |share| format!("{:.1} %", 100.0 * share));
        return format!(
            "{folder}: off by {root_mean_squared_error:.4} (root mean square) on {examples} test examples, {share} of the variance explained; epoch {best} of {epochs}"
        );
    }
    let Some(answers) = answers else {
        let run = words.encoder_of.display();
        return format!(
            "{folder}: interrupted after {epochs} epochs; continue with `ae finetune {run} --run {folder} --resume`"
        );
    };
    let Answers { error, interval, examples, .. } = answers.test;
    format!(
        "{folder}: {:.2} % (+- {:.2}) of {examples} test examples wrong among {classes} classes, {:.2} % of the validation part; epoch {best} of {epochs}",
        100.0 * error,
        100.0 * interval,
        100.0 * answers.validation.error
    )
}
