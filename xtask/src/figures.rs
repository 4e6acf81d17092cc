//! `cargo xtask figures`: the pictures and pages of docs/gallery, drawn by the example `gallery` of the join.

use clap::Args;
use xshell::cmd;

use crate::error::TaskError;
use crate::workspace::{CRATES, Workspace};

#[derive(Debug, Args)]
pub(crate) struct Words {
    /// Which figures, all if none is named
    names: Vec<String>,
}

/// Trains what the figures need, once, and draws them. Models are kept under the target folder.
pub(crate) fn run(workspace: &Workspace, words: &Words) -> Result<(), TaskError> {
    workspace.cargo(&format!("build --release {CRATES} --example gallery")).run()?;
    let program =
        workspace.target().join("release/examples/gallery").with_extension(std::env::consts::EXE_EXTENSION);
    let (runs, names) = (workspace.target().join("gallery"), &words.names);
    Ok(cmd!(workspace.shell, "{program} {runs} {names...}").run()?)
}
