//! `cargo xtask fmt`: formats every source file, also those that a registry's macro declares, which
//! `cargo fmt` does not find.

use xshell::cmd;

use crate::error::TaskError;
use crate::workspace::Workspace;

/// Formats, or with `check` says what is not formatted.
pub(crate) fn run(workspace: &Workspace, check: bool) -> Result<(), TaskError> {
    let sources = workspace.files()?.into_iter().filter(|file| file.ends_with(".rs"));
    let check = check.then_some("--check");
    Ok(cmd!(workspace.shell, "rustfmt --edition 2024 {check...} {sources...}").quiet().run()?)
}
