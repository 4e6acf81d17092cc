//! `ae finetune` and `ae probe`: their words and what they say.

use autoencoder::datasets::DataFolder;
use autoencoder::eval::{Answers, Deviations, PerPart};
use autoencoder::training::Interrupter;
use autoencoder::{Error, FinetuneConfig, FinetuneReport, RunFolder, Session, Show, overrides};

use super::training::session;
use super::{count, document};
use crate::arguments::{Finetune, Probe};
use crate::output::Done;
use crate::progress::Bar;
use crate::signals;

pub(super) fn finetune(words: &Finetune, data: &DataFolder, json: bool) -> Result<Done, Error> {
    let run = RunFolder::new(&words.encoder_of);
    let folder = RunFolder::new(words.run.clone().unwrap_or_else(|| run.file("classifier")));
    let config = match words.resume {
        true => folder.finetune_config()?,
        false => configuration(words)?,
    };
    let interrupter = Interrupter::new();
    signals::listen(&interrupter);
    let report = session(data, &interrupter, json || words.plain, |session| {
        autoencoder::finetune(&run, &folder, &config, words.resume, session)
    })?;
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

pub(super) fn probe(words: &Probe, data: &DataFolder) -> Result<Done, Error> {
    let interrupter = Interrupter::new();
    let (run, device, k) = (RunFolder::new(&words.run.run), &words.run.device, count(words.neighbours));
    let mut bar = Bar::default();
    let probed = autoencoder::probe(
        &run,
        device,
        words.label.as_deref(),
        k,
        Session {
            data: data.clone(),
            show: Show::Epochs(Box::new(|_| ())),
            begun: &mut |_| (),
            fetching: &mut |so_far| bar.update(&so_far),
            interrupter,
        },
    )?;
    let percent = |Answers { error, interval, .. }: Answers| {
        format!("{:.2} % (+- {:.2})", 100.0 * error, 100.0 * interval)
    };
    let mut lines =
        vec![format!("{:<8}{:>8}{:>20}{:>24}", "of", "numbers", "linear", format!("{k} neighbours"))];
    lines.extend([("codes", probed.codes), ("input", probed.input)].map(|(name, probes)| {
        let (linear, neighbours) = (percent(probes.linear), percent(probes.neighbours));
        format!("{name:<8}{:>8}{linear:>20}{neighbours:>24}", probes.width)
    }));
    let Answers { examples, .. } = probed.codes.linear;
    lines.push(format!("wrong among {} classes, of {examples} test examples", probed.classes));
    Ok(Done::new(lines.join("\n"), document(&probed)))
}
