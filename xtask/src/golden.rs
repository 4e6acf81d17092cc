//! `cargo xtask golden`: golden values, made anew by independent implementations in Python.

use xshell::cmd;

use crate::error::TaskError;
use crate::workspace::Workspace;

/// Where the scripts and what they write lie; the first folder also has what they require.
const FOLDERS: [&str; 2] =
    ["crates/autoencoder-models/tests/golden", "crates/autoencoder-regularizers/tests/golden"];

/// Runs the scripts in a virtual environment of their own in the target folder.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let folders = FOLDERS.map(|folder| workspace.root().join(folder));
    let requirements = folders[0].join("requirements.txt");
    let scripts = folders.each_ref().map(|folder| folder.join("golden.py"));
    for path in scripts.iter().chain([&requirements]) {
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
    scripts.iter().try_for_each(|script| cmd!(shell, "{python} {script}").run())?;
    Ok(())
}
