//! Ctrl-C and SIGTERM: a training stops at its next step and can be resumed; anything else ends at once. A training whose
//! terminal is closed goes on without it.

use std::sync::atomic::{AtomicBool, Ordering};

use autoencoder::train::{Interrupter, restore_terminal};

use crate::progress::line;

/// What shells expect of a process that was interrupted.
const INTERRUPTED: i32 = 130;

/// From now on the first signal stops a training, and a second one, or one that no training hears, ends the
/// process. Files are written whole or not at all, so that this is safe at any time.
pub(crate) fn listen(interrupter: &Interrupter) {
    let interrupter = interrupter.clone();
    let asked = AtomicBool::new(false);
    on_signal(move || {
        let again = asked.swap(true, Ordering::SeqCst);
        interrupter.stop();
        if again || !interrupter.is_heard() {
            restore_terminal();
            line(
                "error: interrupted; what was written is whole: continue a run with `ae train --resume --run RUN`",
            );
            std::process::exit(INTERRUPTED);
        }
    });
}

/// Calls `f` at each signal to end that the process was not started to ignore, as `nohup` and shells do with what runs in the
/// background. Where it cannot be installed signals still end the process; the checkpoints are there to resume from.
#[cfg(unix)]
fn on_signal(f: impl Fn() + Send + 'static) {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let ignored = ignored();
    let heard = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|signal| ignored >> (signal - 1) & 1 == 0);
    if let Ok(mut signals) = signal_hook::iterator::Signals::new(heard) {
        let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                if signal == SIGHUP { leave_terminal() } else { f() }
            }
        });
    }
}

/// Lets what is written to a terminal that is gone go nowhere: a dashboard that cannot draw would end the process.
#[cfg(unix)]
fn leave_terminal() {
    use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
    let nowhere = std::fs::OpenOptions::new().read(true).write(true).open("/dev/null");
    if let Ok(nowhere) = nowhere {
        let _ = (dup2_stdin(&nowhere), dup2_stdout(&nowhere), dup2_stderr(&nowhere));
    }
}

#[cfg(not(unix))]
fn on_signal(f: impl Fn() + Send + 'static) {
    let _ = ctrlc::set_handler(f);
}

/// The signals that are ignored, a bit each from the lowest; none where the system does not say.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
