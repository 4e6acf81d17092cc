//! The command `ae`, run as a program.

use std::path::{Path, PathBuf};

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::error::TaskError;

/// The program at a path, and what it needs in its environment.
pub(crate) struct Ae<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) path: PathBuf,
    pub(crate) environment: Vec<(&'static str, PathBuf)>,
}

impl Ae<'_> {
    /// `ae train` on the built-in data, which needs no file: `words` are added to the command line.
    pub(crate) fn train(&self, run: &Path, words: &[&str]) -> Result<Value, TaskError> {
        self.json("train", run, words)
    }

    /// `ae evaluate RUN`.
    pub(crate) fn evaluate(&self, run: &Path, words: &[&str]) -> Result<Value, TaskError> {
        self.json("evaluate", run, words)
    }

    fn json(&self, verb: &'static str, run: &Path, words: &[&str]) -> Result<Value, TaskError> {
        let path = &self.path;
        let place: &[&str] = if verb == "train" { &["--run"] } else { &[] };
        let command = cmd!(self.shell, "{path} {verb} {place...} {run} --json {words...}")
            .env_remove("AUTOENCODER_DATA")
            .envs(self.environment.iter().map(|(key, value)| (*key, value.as_path())));
        // What a driver says on the way, such as of kernels that autotuning gave up, is of interest where the program fails.
        let output = command.ignore_status().output()?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(TaskError::Side { name: verb, message });
        }
        let document = String::from_utf8_lossy(&output.stdout);
        serde_json::from_str(&document).map_err(|source| TaskError::NotJson { verb, source })
    }
}

/// Compares every number of two documents of the same form, up to `tolerance` relative to the greater
/// of each two.
pub(crate) fn compare(what: &str, left: &Value, right: &Value, tolerance: f64) -> Result<(), TaskError> {
    match difference(left, right, tolerance, "") {
        Some((path, left, right)) => Err(TaskError::Differs { what: what.to_owned(), path, left, right }),
        None => Ok(()),
    }
}

/// The first place where two documents differ, with both values.
fn difference(left: &Value, right: &Value, tolerance: f64, path: &str) -> Option<(String, String, String)> {
    let differs = || Some((path.to_owned(), left.to_string(), right.to_string()));
    match (left, right) {
        (Value::Object(left), Value::Object(right)) if left.keys().eq(right.keys()) => left
            .iter()
            .find_map(|(key, value)| difference(value, &right[key], tolerance, &format!("{path}/{key}"))),
        (Value::Number(l), Value::Number(r)) => {
            let (l, r) = (l.as_f64()?, r.as_f64()?);
            if (l - r).abs() <= tolerance * l.abs().max(r.abs()) { None } else { differs() }
        }
        _ if left == right => None,
        _ => differs(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn agree(left: Value, right: Value) -> bool {
        compare("test", &left, &right, 1e-4).is_ok()
    }

    #[test]
    fn numbers_agree_up_to_the_relative_tolerance() {
        assert!(agree(json!({ "a": { "b": 1000.0 } }), json!({ "a": { "b": 1000.09 } })));
        assert!(!agree(json!({ "a": { "b": 1000.0 } }), json!({ "a": { "b": 1000.2 } })));
        assert!(!agree(json!({ "a": 1e-6 }), json!({ "a": 2e-6 })));
        assert!(agree(json!({ "a": 0.0 }), json!({ "a": 0.0 })));
    }

    #[test]
    fn a_number_that_became_null_or_vanished_differs() {
        assert!(!agree(json!({ "a": 1.0 }), json!({ "a": null })));
        assert!(!agree(json!({ "a": 1.0 }), json!({})));
        assert!(!agree(json!({}), json!({ "a": 1.0 })));
    }

    #[test]
    fn the_message_names_the_place_and_both_values() {
        let (left, right) = (json!({ "splits": { "test": 1.5 } }), json!({ "splits": { "test": 2.5 } }));
        let message = compare("flex and vulkan", &left, &right, 1e-3).expect_err("they differ").to_string();
        assert_eq!(message, "flex and vulkan: /splits/test differs: 1.5 and 2.5");
    }
}
