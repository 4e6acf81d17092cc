//! Where a backend gives up: a driver that is missing, a device that is full. Burn has no errors for that but panics.

use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook, take_hook};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once};

use autoencoder::train::restore_terminal;

/// The first message since the last look: those after it follow from it.
static FIRST: Mutex<Option<String>> = Mutex::new(None);
static INSTALLED: Once = Once::new();
/// The batch size of the training that is under way; 0 where there is none.
static BATCH: AtomicUsize = AtomicUsize::new(0);

/// Says what a step takes, for the case that it does not fit.
pub(crate) fn trains_with(batch_size: usize) {
    BATCH.store(batch_size, Ordering::Relaxed);
}

/// What `f` returns, or why it ended before. Nothing is printed unless a backtrace is asked for.
pub(crate) fn contained<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    INSTALLED.call_once(|| {
        let before = take_hook();
        let is_loud = std::env::var_os("RUST_BACKTRACE").is_some_and(|word| word != "0");
        set_hook(Box::new(move |info| {
            note(info);
            if is_loud {
                before(info);
            }
        }));
    });
    catch_unwind(AssertUnwindSafe(f)).map_err(|_| {
        restore_terminal();
        let first = FIRST.lock().ok().and_then(|mut first| first.take());
        explained(&first.unwrap_or_else(|| "it ended without a message".to_owned()))
    })
}

fn note(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("it ended without a message");
    let place = info.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
    if let Ok(mut first) = FIRST.lock() {
        first.get_or_insert_with(|| format!("{message}{place}"));
    }
}

/// The message with what can be done.
fn explained(message: &str) -> String {
    let lower = message.to_lowercase();
    let is_full = ["out of memory", "outofmemory", "memory allocation", "not enough memory"];
    let is_full = is_full.iter().any(|words| lower.contains(words));
    let remedy = match (is_full, BATCH.load(Ordering::Relaxed)) {
        (true, batch @ 2..) => format!(
            "the device's memory is full: try train.batch_size={} (now {batch}), or train.accumulation=2 for the same steps \
             in half of it",
            batch / 2
        ),
        (true, _) => "the device's memory is full".to_owned(),
        (false, _) => "see `ae devices --check`, or RUST_BACKTRACE=1 for the place".to_owned(),
    };
    format!(
        "ended before it was done: {message}; {remedy}; a run that has a checkpoint goes on with --resume"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_is_the_cause_and_a_full_device_has_a_remedy() {
        assert_eq!(contained(|| 1), Ok(1));
        let error = contained::<()>(|| {
            let inner = std::thread::spawn(|| panic!("no adapter found")).join();
            assert!(inner.is_err());
            panic!("the channel is closed");
        });
        let error = error.expect_err("it panicked");
        assert!(error.contains("no adapter found") && !error.contains("channel"), "{error}");
        assert!(error.contains("ae devices --check"));
        trains_with(128);
        let full = contained::<()>(|| panic!("CUDA: Out of memory")).expect_err("it panicked");
        assert!(full.contains("train.batch_size=64 (now 128)") && full.contains("Out of memory"), "{full}");
    }
}
