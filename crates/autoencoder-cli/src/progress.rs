//! Progress on stderr: a bar while something is downloaded, read or scored, a line an epoch while training.

use std::fmt::Write;
use std::io::Write as _;

use autoencoder::datasets::{Progress, Unit};
use autoencoder::train::EpochRecord;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::visible::visible;

/// A bar that appears with the first report and begins anew with each thing that is reported about.
#[derive(Default)]
pub(crate) struct Bar {
    bar: Option<(Progress, ProgressBar)>,
}

impl Bar {
    pub(crate) fn update(&mut self, progress: &Progress) {
        let is_another = |first: &Progress| first.what != progress.what || first.total != progress.total;
        if self.bar.as_ref().is_none_or(|(first, _)| is_another(first)) {
            self.clear();
            self.bar = Some((progress.clone(), bar(progress)));
        }
        if let Some((_, bar)) = &self.bar {
            bar.set_position(progress.done);
        }
    }

    fn clear(&mut self) {
        if let Some((_, bar)) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.clear();
    }
}

fn bar(progress: &Progress) -> ProgressBar {
    let template = match (progress.unit, progress.total) {
        (Unit::Bytes, _) => "{msg} {bar:30} {bytes}/{total_bytes} {eta}",
        (Unit::Rows, Some(_)) => "{msg} {bar:30} {human_pos}/{human_len} rows, {rate} a second {eta}",
        (Unit::Rows, None) => "{msg} {spinner} {human_pos} rows, {rate} a second",
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let style = style.with_key("rate", |state: &ProgressState, to: &mut dyn Write| {
        let _ = write!(to, "{}", HumanCount(state.per_sec() as u64));
    });
    let bar = match progress.total {
        Some(total) => ProgressBar::new(total),
        None => ProgressBar::no_length(),
    };
    bar.with_style(style).with_message(visible(&progress.what))
}

/// Whether the dashboard can be drawn: it needs a terminal for what it shows and what it is told, one that can move its cursor
/// and is wide enough; it is coloured, so where colours are not wanted there is none.
#[cfg(feature = "dashboard")]
pub(crate) fn has_terminal() -> bool {
    use std::io::IsTerminal as _;
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|kind| kind == "dumb");
    let are_terminals =
        std::io::stdout().is_terminal() && std::io::stderr().is_terminal() && std::io::stdin().is_terminal();
    are_terminals && !is_dumb && !is_set("NO_COLOR") && is_wide()
}

/// Whether the terminal has room for the dashboard; one that does not say has.
#[cfg(all(unix, feature = "dashboard"))]
fn is_wide() -> bool {
    const LEAST: (u16, u16) = (60, 16);
    match rustix::termios::tcgetwinsize(std::io::stdout()) {
        Ok(size) if size.ws_col > 0 => size.ws_col >= LEAST.0 && size.ws_row >= LEAST.1,
        _ => true,
    }
}

#[cfg(all(not(unix), feature = "dashboard"))]
fn is_wide() -> bool {
    true
}

/// A line on stderr. Nobody may be listening any more; the training goes on.
pub(crate) fn line(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", visible(text));
}

/// One line for an epoch.
pub(crate) fn epoch_line(record: &EpochRecord, epochs: usize) {
    let EpochRecord { epoch, learning_rate, seconds, .. } = record;
    let validation = record.validation_loss();
    let Some(train) = record.train.get("objective") else {
        return line(&format!("start          {:17}validation {validation:>10.4}", ""));
    };
    line(&format!(
        "epoch {epoch:>3}/{epochs}  train {train:>10.4}  validation {validation:>10.4}  rate {learning_rate:.2e}  {seconds:.1} s"
    ));
}
