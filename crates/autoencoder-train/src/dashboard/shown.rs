//! burn-train's dashboard, told what the training measures.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use burn::train::logger::TrainingProgressLogger as _;
use burn::train::metric::{
    MetricAttributes, MetricDefinition, MetricEntry, MetricId, NumericAttributes, NumericEntry,
    SerializedEntry,
};
use burn::train::renderer::tui::TuiMetricsRendererWrapper;
use burn::train::renderer::{MetricState, MetricsRenderer as _, MetricsRendererTraining as _};

use super::Split;

/// How often the dashboard is told something new: it draws no more often itself.
const INTERVAL: Duration = Duration::from_millis(100);

/// The dashboard on the terminal. Its own keys stop the training as the interrupter does.
pub(crate) struct Dashboard {
    /// `None` once the user has asked it to go.
    renderer: Option<TuiMetricsRendererWrapper>,
    quit: burn::train::Interrupter,
    names: Vec<Arc<String>>,
    last: Instant,
    keys_restored: bool,
}

impl Dashboard {
    pub(crate) fn new(names: &[String], epochs: usize, first_epoch: usize) -> Self {
        let quit = burn::train::Interrupter::new();
        let mut renderer = TuiMetricsRendererWrapper::new(quit.clone(), first_epoch.checked_sub(1));
        let names: Vec<Arc<String>> = names.iter().cloned().map(Arc::new).collect();
        for name in &names {
            renderer.register_metric(MetricDefinition {
                metric_id: MetricId::new(Arc::clone(name)),
                name: Arc::clone(name),
                description: None,
                attributes: MetricAttributes::Numeric(NumericAttributes {
                    unit: None,
                    higher_is_better: false,
                }),
            });
        }
        renderer.start(epochs, first_epoch, None, None);
        Self { renderer: Some(renderer), quit, names, last: Instant::now(), keys_restored: false }
    }

    /// Whether the user has asked it to stop the training.
    pub(crate) fn wants_stop(&self) -> bool {
        self.quit.should_stop() || self.renderer.is_none()
    }

    /// Whether it is time to tell it something.
    pub(crate) fn is_due(&self) -> bool {
        self.last.elapsed() >= INTERVAL
    }

    pub(crate) fn start(&mut self, split: Split, examples: usize) {
        let name = if split == Split::Train { "train" } else { "valid" };
        self.tell(|renderer| renderer.start_split(name, examples));
    }

    /// Shows the values of a step, the objective first, after `done` examples of the split.
    pub(crate) fn step(&mut self, split: Split, values: &[f64], done: usize) {
        self.last = Instant::now();
        if !self.keys_restored {
            self.keys_restored = restore_interrupt_key();
        }
        let states: Vec<MetricState> = self
            .names
            .iter()
            .zip(values)
            .map(|(name, &value)| {
                let entry = SerializedEntry::new(format!("{value:.4}"), value.to_string());
                let entry = MetricEntry::new(MetricId::new(Arc::clone(name)), entry);
                MetricState::Numeric(entry, Some(NumericEntry::Value(value)))
            })
            .collect();
        self.tell(|renderer| {
            for state in states {
                match split {
                    Split::Train => renderer.update_train(state),
                    Split::Validation => renderer.update_valid(state),
                }
            }
            renderer.update_split(done);
        });
    }

    pub(crate) fn end(&mut self, split: Split, epoch: usize) {
        self.tell(|renderer| renderer.end_split());
        if split == Split::Validation {
            self.tell(|renderer| renderer.update_epoch(epoch));
        }
    }

    /// The dashboard ends a process that the user wants to end with a panic, which goes no further.
    fn tell(&mut self, f: impl FnOnce(&mut TuiMetricsRendererWrapper)) {
        let Some(renderer) = &mut self.renderer else { return };
        if catch_unwind(AssertUnwindSafe(|| f(renderer))).is_err() {
            // To drop it would only panic again; its thread has ended and the terminal is as before.
            std::mem::forget(self.renderer.take());
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        if let Some(renderer) = self.renderer.take() {
            let _ = catch_unwind(AssertUnwindSafe(|| drop(renderer)));
        }
    }
}

/// Lets Ctrl-C be a signal again once the dashboard's thread has put the terminal into raw mode, where it
/// is a mere key that the dashboard ignores. Returns whether it is done.
#[cfg(unix)]
fn restore_interrupt_key() -> bool {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    let Ok(mut modes) = tcgetattr(&stdin) else { return true };
    if modes.local_modes.contains(LocalModes::ICANON) {
        return false;
    }
    modes.local_modes.insert(LocalModes::ISIG);
    tcsetattr(&stdin, OptionalActions::Now, &modes).is_ok()
}

#[cfg(not(unix))]
fn restore_interrupt_key() -> bool {
    true
}

/// Gives the terminal back as it was before a dashboard: for whoever ends the process while one is shown.
pub fn restore_terminal() {
    use crossterm::cursor::Show;
    use crossterm::event::DisableMouseCapture;
    use crossterm::terminal::{LeaveAlternateScreen, disable_raw_mode, is_raw_mode_enabled};
    if is_raw_mode_enabled().unwrap_or(false) {
        let _ = disable_raw_mode();
        let _ = crossterm::execute!(std::io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
    }
}
