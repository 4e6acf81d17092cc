//! A backend that is compared.

use std::path::PathBuf;

/// A backend, and how far its errors may be from flex's, relative to them.
pub(super) struct Backend {
    pub(super) name: &'static str,
    /// What it is called at run time.
    pub(super) device: String,
    pub(super) tolerance: f64,
    pub(super) environment: Vec<(&'static str, PathBuf)>,
}

impl Backend {
    pub(super) fn new(name: &'static str, tolerance: f64, environment: Vec<(&'static str, PathBuf)>) -> Self {
        Self { name, device: name.to_owned(), tolerance, environment }
    }

    /// What all others are compared with.
    pub(super) fn flex() -> Self {
        Self::new("flex", 0.0, Vec::new())
    }
}
