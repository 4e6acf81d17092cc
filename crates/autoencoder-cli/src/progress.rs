//! Progress on stderr: a bar while something is downloaded, a line an epoch while training.

use std::io::{IsTerminal, Write};

use autoencoder::datasets::Progress;
use autoencoder::training::EpochRecord;
use indicatif::{ProgressBar, ProgressStyle};

/// A bar that appears with the first byte of a download.
#[derive(Default)]
pub(crate) struct Download {
    bar: Option<ProgressBar>,
}

impl Download {
    pub(crate) fn update(&mut self, progress: &Progress) {
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{msg} {bar:30} {bytes}/{total_bytes} {eta}");
            ProgressBar::no_length().with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_message(progress.file.clone());
        if let Some(total) = progress.total {
            bar.set_length(total);
        }
        bar.set_position(progress.done);
    }
}

impl Drop for Download {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// Whether the dashboard can be drawn: it needs a terminal for what it shows and what it is told.
pub(crate) fn has_terminal() -> bool {
    std::io::stdout().is_terminal() && std::io::stderr().is_terminal() && std::io::stdin().is_terminal()
}

/// A line on stderr. Nobody may be listening any more; the training goes on.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// One line for an epoch.
pub(crate) fn epoch_line(record: &EpochRecord, epochs: usize) {
    let EpochRecord { epoch, learning_rate, seconds, .. } = record;
    let train = record.train.get("objective").copied().unwrap_or(f64::NAN);
    let validation = record.validation_loss();
    line(&format!(
        "epoch {epoch:>3}/{epochs}  train {train:>10.4}  validation {validation:>10.4}  rate {learning_rate:.2e}  {seconds:.1} s"
    ));
}
