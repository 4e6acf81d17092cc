//! A worker on this machine, for the column `remote`.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::error::TaskError;

/// Where the token is that `ae worker` and its clients read.
pub(super) const VARIABLE: &str = "AUTOENCODER_TOKEN";
/// It guards nothing: the worker lives for one table, on loopback.
pub(super) const TOKEN: &str = "conformance-of-a-worker";

/// A process `ae worker`, which ends with this.
pub(super) struct Worker {
    child: Child,
    /// The name that others reach it by.
    pub(super) device: String,
}

impl Worker {
    /// Starts one that serves flex.
    pub(super) fn start(ae: &Path) -> Result<Self, TaskError> {
        let failed = |message: String| TaskError::Side { name: "ae worker", message };
        let mut child = Command::new(ae)
            .args(["worker", "--json", "--websocket", "127.0.0.1:0"])
            .env(VARIABLE, TOKEN)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let stdout = child.stdout.take().map(BufReader::new);
        let mut worker = Self { child, device: String::new() };
        let mut line = String::new();
        if let Some(mut stdout) = stdout {
            stdout.read_line(&mut line).map_err(|error| failed(error.to_string()))?;
        }
        let document: Option<Value> = serde_json::from_str(&line).ok();
        let device = document.as_ref().and_then(|document| document["device"].as_str());
        worker.device = device.ok_or_else(|| failed(format!("it says `{}`", line.trim())))?.to_owned();
        Ok(worker)
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It has nothing to lose.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
