//! Where things are: the root, the target folder, the files git knows.

use std::path::{Path, PathBuf};

use cargo_metadata::{Metadata, MetadataCommand};
use xshell::{Cmd, Shell, cmd};

use crate::error::TaskError;

/// What to build, in two parts: this program's dependencies turn on a feature of serde_json, and in one
/// part with the crates that would build Burn a second time.
pub(crate) const PARTS: [&str; 2] = [CRATES, "--package xtask"];
/// All crates without this program, with everything that is optional and no backend.
pub(crate) const CRATES: &str = "--workspace --exclude xtask --features autoencoder-cli/full";

/// The workspace this program was started in.
pub(crate) struct Workspace {
    pub(crate) metadata: Metadata,
    pub(crate) shell: Shell,
}

impl Workspace {
    /// Finds the workspace around the current folder; commands run in its root.
    pub(crate) fn open() -> Result<Self, TaskError> {
        let metadata = MetadataCommand::new().no_deps().exec()?;
        let shell = Shell::new()?;
        shell.change_dir(&metadata.workspace_root);
        Ok(Self { metadata, shell })
    }

    pub(crate) fn root(&self) -> &Path {
        self.metadata.workspace_root.as_std_path()
    }

    /// The target folder that cargo uses, from CARGO_TARGET_DIR or its configuration.
    pub(crate) fn target(&self) -> &Path {
        self.metadata.target_directory.as_std_path()
    }

    /// The path of the release binary `ae`.
    pub(crate) fn ae(&self) -> PathBuf {
        self.target().join("release").join(format!("ae{}", std::env::consts::EXE_SUFFIX))
    }

    /// `cargo` with these words: the cargo that started this program, so that toolchains are not mixed.
    pub(crate) fn cargo(&self, words: &str) -> Cmd<'_> {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let mut command = cmd!(self.shell, "{cargo}").args(words.split_whitespace());
        // `cargo run` tells this program of its own package. Build scripts that look at that, as ring's does, would run
        // again, and all that stands on them be built again, each time tasks and plain cargo take turns.
        let is_of_package =
            |name: &&String| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
        for name in std::env::vars().map(|(name, _)| name).collect::<Vec<_>>().iter().filter(is_of_package) {
            command = command.env_remove(name);
        }
        command
    }

    /// Builds all programs, examples and tests: a smaller choice has other features, which would build much of Burn once
    /// more.
    pub(crate) fn build(&self) -> Result<(), TaskError> {
        Ok(self.cargo(&format!("build --release {CRATES} --all-targets")).run()?)
    }

    /// The files git tracks or would track, relative to the root: what is new is checked before it is
    /// committed.
    pub(crate) fn files(&self) -> Result<Vec<String>, TaskError> {
        let list = cmd!(self.shell, "git ls-files --cached --others --exclude-standard").quiet().read()?;
        let mut files: Vec<String> = list.lines().map(str::to_owned).collect();
        files.retain(|file| self.root().join(file).is_file());
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }
}
