//! `ae probe`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::eval::Answers;
use autoencoder::run::{Run, RunFolder};
use autoencoder::train::Interrupter;

use crate::arguments::{Probe, count};
use crate::output::{Done, document};

pub(super) fn probe(words: &Probe, data: &DataFolder) -> Result<Done, Error> {
    let run = Run::open(&RunFolder::new(&words.run.run), &words.run.device, data)?;
    let k = count(words.neighbours);
    let probed = run.probe(words.label.as_deref(), k, &Interrupter::new())?;
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
