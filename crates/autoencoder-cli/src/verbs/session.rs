//! What a training needs from the command: the terminal, and signals that stop it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use autoencoder::train::Interrupter;
use autoencoder::training::{Beginning, Session};

use crate::progress::{epoch_line, has_terminal, line};
use crate::{crash, signals};

/// A session that shows a line an epoch where it is `plain` or there is no terminal, else the dashboard.
pub(super) fn session(plain: bool) -> Session {
    let interrupter = Interrupter::new();
    signals::listen(&interrupter);
    // Of several trainings one after the other each says how many epochs it takes at most.
    let epochs = Arc::new(AtomicUsize::new(0));
    let of = Arc::clone(&epochs);
    let session = if has_terminal() && !plain {
        Session::dashboard()
    } else {
        Session::epochs(move |record| epoch_line(record, of.load(Ordering::Relaxed)))
    };
    let begun = move |beginning: &Beginning| {
        epochs.store(beginning.epochs, Ordering::Relaxed);
        crash::trains_with(beginning.batch_size);
        line(&beginning.to_string());
    };
    session.begun(begun).stopped_by(&interrupter)
}
