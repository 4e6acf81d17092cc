//! What a training needs from the command: the terminal, signals, where data are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use autoencoder::datasets::DataFolder;
use autoencoder::train::Interrupter;
use autoencoder::training::{Beginning, Session, Show};

use crate::crash;
use crate::progress::{Bar, epoch_line, has_terminal, line};

/// Gives `run` what a training needs: a line an epoch where it is `plain` or there is no terminal, else the dashboard.
pub(super) fn session<T>(
    data: &DataFolder,
    interrupter: &Interrupter,
    plain: bool,
    run: impl FnOnce(Session<'_>) -> T,
) -> T {
    let mut bar = Bar::default();
    // Of several trainings one after the other each says how many epochs it takes at most.
    let epochs = Arc::new(AtomicUsize::new(0));
    let of = Arc::clone(&epochs);
    run(Session {
        data: data.clone(),
        show: match has_terminal() && !plain {
            true => Show::Dashboard,
            false => Show::Epochs(Box::new(move |record| epoch_line(record, of.load(Ordering::Relaxed)))),
        },
        begun: &mut |beginning: &Beginning| {
            epochs.store(beginning.epochs, Ordering::Relaxed);
            crash::trains_with(beginning.batch_size);
            line(&beginning.to_string());
        },
        fetching: &mut |so_far| bar.update(&so_far),
        interrupter: interrupter.clone(),
    })
}
