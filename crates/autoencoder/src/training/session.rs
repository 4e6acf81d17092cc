//! What a training needs from the place it runs in, and how it shows itself there.

use std::sync::{Arc, Mutex};

use autoencoder_datasets::{DataFolder, Progress};
use autoencoder_train::{Display, EpochRecord, Interrupter, Stopped};

use crate::training::beginning::Beginning;

/// What is called with each epoch's record.
type OnEpoch = Box<dyn FnMut(&EpochRecord) + Send>;

/// How training shows itself to whoever started it.
pub enum Show {
    /// A call with each epoch's record.
    Epochs(OnEpoch),
    /// The dashboard, on the terminal.
    Dashboard,
}

/// What a training needs from the place it runs in.
pub struct Session<'a> {
    /// Where data sets are looked for.
    pub data: DataFolder,
    /// How it shows itself.
    pub show: Show,
    /// Called once before the first step with what is about to be trained on what.
    pub begun: &'a mut dyn FnMut(&Beginning),
    /// Called while a data set is fetched.
    pub fetching: &'a mut dyn FnMut(Progress),
    /// Stops the training when asked to.
    pub interrupter: Interrupter,
}

/// How several trainings, one after the other, show themselves.
#[derive(Clone)]
pub(crate) enum Shown {
    Epochs(Arc<Mutex<OnEpoch>>),
    Dashboard,
}

impl From<Show> for Shown {
    fn from(show: Show) -> Self {
        match show {
            Show::Epochs(on_epoch) => Self::Epochs(Arc::new(Mutex::new(on_epoch))),
            Show::Dashboard => Self::Dashboard,
        }
    }
}

impl Shown {
    /// The display of one of them.
    pub(crate) fn display(&self) -> Display {
        match self {
            Self::Epochs(on_epoch) => {
                let on_epoch = Arc::clone(on_epoch);
                Display::Epochs(Box::new(move |record| {
                    if let Ok(mut on_epoch) = on_epoch.lock() {
                        on_epoch(record);
                    }
                }))
            }
            Self::Dashboard => Display::Dashboard,
        }
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
