//! `cargo xtask interop`: exported models of every kind in onnxruntime and PyTorch, compared with `ae`.

use xshell::cmd;

use crate::error::TaskError;
use crate::python;
use crate::workspace::Workspace;

/// Prints the greatest deviations and fails where one is more than rounding.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    workspace.build()?;
    let python = python::environment(workspace, "xtask/interop/requirements.txt")?;
    let (program, shell) = (workspace.ae(), &workspace.shell);
    Ok(cmd!(shell, "{python} xtask/interop/check.py {program}").run()?)
}
