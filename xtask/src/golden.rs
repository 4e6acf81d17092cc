//! `cargo xtask golden`: golden values, made anew by independent implementations in Python.

use xshell::cmd;

use crate::error::TaskError;
use crate::workspace::Workspace;

/// Where the script, its requirements and what it writes lie.
const FOLDER: &str = "crates/autoencoder-models/tests/golden";

/// Runs the script in a virtual environment of its own in the target folder.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let folder = workspace.root().join(FOLDER);
    let (script, requirements) = (folder.join("golden.py"), folder.join("requirements.txt"));
    for path in [&script, &requirements] {
        if !path.is_file() {
            return Err(TaskError::NoScript { path: path.clone() });
        }
    }
    let environment = workspace.target().join("golden-python");
    let python = environment.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let shell = &workspace.shell;
    if !python.is_file() {
        let base = if cfg!(windows) { "python" } else { "python3" };
        cmd!(shell, "{base} -m venv {environment}").run()?;
    }
    cmd!(shell, "{python} -m pip install --quiet --requirement {requirements}").run()?;
    let _guard = shell.push_dir(&folder);
    cmd!(shell, "{python} {script}").run()?;
    Ok(())
}
