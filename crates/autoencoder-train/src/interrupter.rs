//! Stopping a training from outside.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A switch that ends a training after its current step, from any thread. What was trained is kept: the
/// run can be resumed.
///
/// ```
/// use autoencoder_train::Interrupter;
///
/// let interrupter = Interrupter::new();
/// let elsewhere = interrupter.clone();
/// elsewhere.stop();
/// assert!(interrupter.should_stop());
/// ```
///
/// ```
/// use autoencoder_train::Interrupter;
///
/// let interrupter = Interrupter::new();
/// let asked = interrupter.clone();
/// std::thread::spawn(move || asked.stop()).join().expect("asked");
/// assert!(interrupter.should_stop());
/// ```
#[derive(Clone, Debug, Default)]
pub struct Interrupter {
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    asked: AtomicBool,
    heard: AtomicBool,
}

impl Interrupter {
    /// A switch that is off.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks the training to stop.
    pub fn stop(&self) {
        self.state.asked.store(true, Ordering::SeqCst);
    }

    /// Whether it was asked to.
    pub fn should_stop(&self) -> bool {
        self.state.asked.load(Ordering::SeqCst)
    }

    /// Whether steps are being taken now, so that [`Self::stop`] acts within one of them.
    pub fn is_heard(&self) -> bool {
        self.state.heard.load(Ordering::SeqCst)
    }

    /// Says so for as long as what is returned lives.
    pub(crate) fn listen(&self) -> Listening {
        self.state.heard.store(true, Ordering::SeqCst);
        Listening { state: Arc::clone(&self.state) }
    }
}

/// See [`Interrupter::listen`].
pub(crate) struct Listening {
    state: Arc<State>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.state.heard.store(false, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_heard_only_while_somebody_listens() {
        let interrupter = Interrupter::new();
        assert!(!interrupter.is_heard());
        let listening = interrupter.clone().listen();
        assert!(interrupter.is_heard());
        drop(listening);
        assert!(!interrupter.is_heard());
    }
}
