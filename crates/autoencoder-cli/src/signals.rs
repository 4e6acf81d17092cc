//! Ctrl-C and SIGTERM: a training stops at its next step and can be resumed; anything else ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

use autoencoder::training::{Interrupter, restore_terminal};

use crate::progress::line;

/// What shells expect of a process that was interrupted.
const INTERRUPTED: i32 = 130;

/// From now on the first signal stops a training, and a second one, or one that no training hears, ends the
/// process. Files are written whole or not at all, so that this is safe at any time.
pub(crate) fn listen(interrupter: &Interrupter) {
    let interrupter = interrupter.clone();
    let asked = AtomicBool::new(false);
    // Without the handler Ctrl-C still ends the process; the checkpoints are there to resume from.
    let _ = ctrlc::set_handler(move || {
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
