//! `cargo xtask smoke`: the release binary trains offline on its built-in data, and what it saved
//! evaluates to what it reported.

use crate::ae::{Ae, compare};
use crate::error::TaskError;
use crate::workspace::Workspace;

/// What every run folder holds (`plots/` has its own tests).
const FILES: [&str; 5] =
    ["config.toml", "environment.json", "metrics.jsonl", "model/model.json", "model/model.safetensors"];

/// Trains two epochs into a temporary folder and evaluates the result from its files alone.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    workspace.build()?;
    let folder = tempfile::tempdir().map_err(TaskError::NoTemporaryFolder)?;
    let run = folder.path().join("run");
    let ae = Ae { shell: &workspace.shell, path: workspace.ae(), environment: Vec::new() };
    let trained = ae.train(&run, &["--epochs", "2", "--set", "data.examples=1000"])?;
    if let Some(file) = FILES.into_iter().find(|file| !run.join(file).is_file()) {
        return Err(TaskError::MissingFile { file });
    }
    let evaluated = ae.evaluate(&run, &[])?;
    let error = &evaluated["splits"]["test"]["squared_error_per_example"];
    if !error.as_f64().is_some_and(|error| error > 0.0) {
        return Err(TaskError::BadTestError { value: error.to_string() });
    }
    compare("the errors that `ae train` and `ae evaluate` report", &trained["evaluation"], &evaluated, 1e-6)
}
