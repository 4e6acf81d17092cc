//! What a training needs from the command: the terminal, and signals that stop it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use autoencoder::train::{EpochRecord, Interrupter};
use autoencoder::training::{Beginning, Session};

use crate::progress::{epoch_line, line};
use crate::{crash, signals};

/// A session that shows a line an epoch where it is `plain`, there is no terminal or the build has no dashboard, else the
/// dashboard.
pub(super) fn session(plain: bool) -> Session {
    let interrupter = Interrupter::new();
    signals::listen(&interrupter);
    // Of several trainings one after the other each says how many epochs it takes at most.
    let epochs = Arc::new(AtomicUsize::new(0));
    let of = Arc::clone(&epochs);
    let lines = move |record: &EpochRecord| epoch_line(record, of.load(Ordering::Relaxed));
    let session = dashboard(plain).unwrap_or_else(|| Session::epochs(lines));
    let begun = move |beginning: &Beginning| {
        epochs.store(beginning.epochs, Ordering::Relaxed);
        crash::trains_with(beginning.batch_size);
        line(&beginning.to_string());
    };
    session.begun(begun).stopped_by(&interrupter)
}

#[cfg(feature = "dashboard")]
fn dashboard(plain: bool) -> Option<Session> {
    (crate::progress::has_terminal() && !plain).then(Session::dashboard)
}

#[cfg(not(feature = "dashboard"))]
fn dashboard(_plain: bool) -> Option<Session> {
    None
}
