//! What goes to stdout: a few words, or one JSON document.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::progress::line;
use crate::visible::visible;

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

/// Names with a line about each.
pub(crate) fn list<'a>(items: impl Iterator<Item = (&'a str, &'a str)>, key: &str) -> Done {
    let items: Vec<(&str, &str)> = items.collect();
    let lines: Vec<String> = items.iter().map(|(name, summary)| format!("{name:<20}{summary}")).collect();
    let document: Vec<Value> =
        items.iter().map(|(name, summary)| json!({ "name": name, "summary": summary })).collect();
    Done::new(lines.join("\n"), json!({ key: document }))
}

/// What a verb answers, for programs.
pub(crate) fn document<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}

/// Prints one or the other. A reader that closed its end (`ae recipes list | head -1`) is no failure.
pub(crate) fn print(done: &Done, json: bool) -> ExitCode {
    let text = if json { done.document.to_string() } else { visible(done.words.trim_end()) };
    let written = writeln!(std::io::stdout().lock(), "{text}");
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            line(&format!("error: cannot write to stdout: {error}"));
            ExitCode::FAILURE
        }
        _ if done.complete => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}
