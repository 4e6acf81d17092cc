//! How trainings show themselves to whoever started them, and how they are stopped.

use std::sync::{Arc, Mutex};

use autoencoder_train::{Display, EpochRecord, Interrupter, Stopped};

use crate::training::beginning::Beginning;

/// What is called with each epoch's record.
type OnEpoch = dyn FnMut(&EpochRecord) + Send;

#[derive(Clone)]
enum Show {
    Quiet,
    Epochs(Arc<Mutex<OnEpoch>>),
    #[cfg(feature = "dashboard")]
    Dashboard,
}

/// How trainings, one after the other, show themselves, and what stops them.
///
/// ```
/// use autoencoder::prelude::*;
///
/// let interrupter = Interrupter::new();
/// let session = Session::epochs(|record| println!("{} {}", record.epoch, record.validation_loss()))
///     .begun(|beginning| println!("{beginning}"))
///     .stopped_by(&interrupter);
/// ```
#[derive(Clone)]
pub struct Session {
    show: Show,
    begun: Arc<dyn Fn(&Beginning)>,
    interrupter: Interrupter,
}

impl Session {
    fn new(show: Show) -> Self {
        Self { show, begun: Arc::new(|_| ()), interrupter: Interrupter::new() }
    }

    /// Shows nothing.
    pub fn quiet() -> Self {
        Self::new(Show::Quiet)
    }

    /// Calls `on_epoch` with each epoch's record.
    pub fn epochs(on_epoch: impl FnMut(&EpochRecord) + Send + 'static) -> Self {
        Self::new(Show::Epochs(Arc::new(Mutex::new(on_epoch))))
    }

    /// Shows the dashboard on the terminal.
    #[cfg(feature = "dashboard")]
    pub fn dashboard() -> Self {
        Self::new(Show::Dashboard)
    }

    /// Calls `begun` before the first step of each training with what is about to be trained on what.
    pub fn begun(self, begun: impl Fn(&Beginning) + 'static) -> Self {
        Self { begun: Arc::new(begun), ..self }
    }

    /// Stops where `interrupter` says so.
    pub fn stopped_by(self, interrupter: &Interrupter) -> Self {
        Self { interrupter: interrupter.clone(), ..self }
    }

    /// The display of one training.
    pub(crate) fn display(&self) -> Display {
        match &self.show {
            Show::Quiet => Display::Quiet,
            Show::Epochs(on_epoch) => {
                let on_epoch = Arc::clone(on_epoch);
                Display::Epochs(Box::new(move |record| {
                    if let Ok(mut on_epoch) = on_epoch.lock() {
                        on_epoch(record);
                    }
                }))
            }
            #[cfg(feature = "dashboard")]
            Show::Dashboard => Display::Dashboard,
        }
    }

    pub(crate) fn tell(&self, beginning: &Beginning) {
        (self.begun)(beginning);
    }

    pub(crate) fn interrupter(&self) -> &Interrupter {
        &self.interrupter
    }
}

/// How a training ended, in a word.
pub(crate) fn word(stopped: Stopped) -> &'static str {
    match stopped {
        Stopped::Finished => "finished",
        Stopped::Early => "early",
        Stopped::OutOfTime => "out-of-time",
        Stopped::Interrupted => "interrupted",
    }
}
