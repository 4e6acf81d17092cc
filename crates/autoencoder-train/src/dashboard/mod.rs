//! A dashboard on the terminal, in builds with the feature `dashboard`.

#[cfg_attr(not(feature = "dashboard"), path = "absent.rs")]
mod shown;

#[cfg(feature = "dashboard")]
mod names;

#[cfg(feature = "dashboard")]
pub(crate) use names::term_names;
pub(crate) use shown::Dashboard;
pub use shown::restore_terminal;

/// The part of an epoch that is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Split {
    Train,
    Validation,
}
