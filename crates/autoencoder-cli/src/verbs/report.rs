//! `ae report`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::run::RunFolder;

use crate::arguments::Report;
use crate::output::{Done, document};
use crate::progress::Bar;

pub(super) fn report(words: &Report, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    let output = words.output.as_deref();
    let reported = match &words.scores {
        Some(scores) => autoencoder::verbs::report_scores(&folder, scores, output, &mut progress)?,
        None => autoencoder::verbs::write_report(&folder, &words.run.device, output, data, &mut progress)?,
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
