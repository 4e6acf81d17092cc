//! What goes to stdout: a few words, or one JSON document.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use serde_json::Value;

/// The end of a verb.
pub(crate) struct Done {
    /// For people.
    pub(crate) words: String,
    /// For programs.
    pub(crate) document: Value,
    /// Whether the verb did all it was asked to: an interrupted training did not.
    pub(crate) complete: bool,
}

impl Done {
    pub(crate) fn new(words: impl Into<String>, document: Value) -> Self {
        Self { words: words.into(), document, complete: true }
    }
}

/// Prints one or the other. A reader that closed its end (`ae recipes list | head -1`) is no failure.
pub(crate) fn print(done: &Done, json: bool) -> ExitCode {
    let text = if json { done.document.to_string() } else { done.words.trim_end().to_owned() };
    let written = writeln!(std::io::stdout().lock(), "{text}");
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            eprintln!("error: cannot write to stdout: {error}");
            ExitCode::FAILURE
        }
        _ if done.complete => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

/// A message on one line, whatever it was made of.
pub(crate) fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
