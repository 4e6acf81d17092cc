//! `cargo xtask docs`: the book and the documentation of the crates.

use xshell::cmd;

use crate::error::TaskError;
use crate::reference;
use crate::workspace::{CRATES, Workspace};

/// Writes the reference of the configuration, builds the book where mdBook is installed, then the documentation of the crates.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    reference::write(workspace)?;
    let shell = &workspace.shell;
    if cmd!(shell, "mdbook --version").quiet().ignore_stdout().ignore_stderr().run().is_ok() {
        let book = workspace.target().join("book");
        cmd!(shell, "mdbook build docs --dest-dir {book}").run()?;
        println!("docs: the book is at {}", book.join("index.html").display());
    } else {
        println!("docs: the book is left out: mdbook is not installed; cargo install mdbook --locked");
    }
    crates(workspace)?;
    println!("docs: the crates are at {}", workspace.target().join("doc/autoencoder/index.html").display());
    Ok(())
}

/// The documentation of the crates, with broken links as errors.
pub(crate) fn crates(workspace: &Workspace) -> Result<(), TaskError> {
    let words = format!("doc --release {CRATES} --no-deps");
    Ok(workspace.cargo(&words).env("RUSTDOCFLAGS", "-D warnings").run()?)
}
