//! `ae report`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::run::{Run, RunFolder};

use crate::arguments::Report;
use crate::output::{Done, document};

pub(super) fn report(words: &Report, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let output = words.output.as_deref();
    let reported = match &words.scores {
        Some(scores) => autoencoder::verbs::report_scores(&folder, scores, output, data.listener())?,
        None => Run::open(&folder, &words.run.device, data)?.write_report(output)?,
    };
    let mut lines = vec![format!(
        "{}: {} parts in {} KiB; open it in a browser",
        reported.output.display(),
        reported.parts.len(),
        reported.bytes / 1024
    )];
    if let Some(folder_of_events) = &words.tensorboard {
        let path = autoencoder::verbs::write_events(&folder, folder_of_events)?;
        lines.push(format!("{}: its curves for TensorBoard", path.display()));
    }
    Ok(Done::new(lines.join("\n"), document(&reported)))
}
