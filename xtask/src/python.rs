//! A Python environment of its own under the target folder, for the programs that ours are compared with.

use std::path::PathBuf;

use xshell::cmd;

use crate::error::TaskError;
use crate::workspace::Workspace;

/// The interpreter of the environment, with what a file of requirements (relative to the root) names installed.
pub(crate) fn environment(workspace: &Workspace, requirements: &str) -> Result<PathBuf, TaskError> {
    let environment = workspace.target().join("bench-python");
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let shell = &workspace.shell;
    if !python.is_file() {
        let base = if cfg!(windows) { "python" } else { "python3" };
        cmd!(shell, "{base} -m venv {environment}").quiet().run()?;
    }
    cmd!(shell, "{python} -m pip install --quiet --requirement {requirements}").quiet().run()?;
    Ok(python)
}
