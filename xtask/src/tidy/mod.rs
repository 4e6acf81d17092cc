//! `cargo xtask tidy`: what a reviewer would say twice.

mod crates;
mod layers;
mod text;

use std::fmt::{self, Display};

use crate::error::TaskError;
use crate::workspace::Workspace;

/// Something to mend: where, what, and how.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    place: String,
    message: String,
}

impl Finding {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self { place: place.into(), message: message.into() }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// Prints each finding on a line of stderr; any one fails.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let mut findings = layers::check(&workspace.metadata);
    findings.extend(crates::check(&workspace.metadata));
    let files = workspace.files()?;
    for file in &files {
        let path = workspace.root().join(file);
        let bytes = std::fs::read(&path).map_err(|source| TaskError::Unreadable { path, source })?;
        // Pictures and other binary files have no lines to check.
        if let Ok(text) = str::from_utf8(&bytes) {
            findings.extend(text::check(file, text));
        }
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files, nothing found", files.len());
            Ok(())
        }
        count => Err(TaskError::Untidy { count }),
    }
}
