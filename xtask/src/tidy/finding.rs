//! What is found.

use std::fmt::{self, Display};

/// Something to mend: where, what, and how.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Finding {
    place: String,
    message: String,
}

impl Finding {
    pub(super) fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}
