//! `cargo xtask test`: all tests, in the profile of the release binary, so that one build of the
//! dependencies serves both.

use std::path::{Path, PathBuf};

use crate::error::TaskError;
use crate::workspace::{PARTS, Workspace};

/// Runs every test of a part, also after one has failed.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let data = std::env::var_os("AUTOENCODER_DATA").map(|folder| absolute(Path::new(&folder)));
    for part in PARTS {
        let command = workspace.cargo(&format!("test --release {part} --no-fail-fast"));
        command.envs(data.iter().map(|folder| ("AUTOENCODER_DATA", folder))).run()?;
    }
    Ok(())
}

/// Each crate's tests run in its own folder, where a relative path would mean something else.
fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}
