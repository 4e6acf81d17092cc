//! `cargo xtask tidy`: what a reviewer would say twice.

mod circles;
mod crates;
mod finding;
mod layers;
mod text;

use crate::error::TaskError;
use crate::reference;
use crate::workspace::Workspace;
use finding::Finding;

/// Prints each finding on a line of stderr; any one fails.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let mut findings = layers::check(&workspace.metadata);
    findings.extend(crates::check(&workspace.metadata));
    let files = workspace.files()?;
    let mut sources: Vec<(&String, String)> = Vec::new();
    for file in &files {
        let path = workspace.root().join(file);
        let bytes = std::fs::read(&path).map_err(|source| TaskError::Unreadable { path, source })?;
        // Pictures and other binary files have no lines to check.
        if let Ok(text) = String::from_utf8(bytes) {
            findings.extend(text::check(file, &text));
            if file.ends_with(".rs") {
                sources.push((file, text));
            }
        }
    }
    for package in workspace.metadata.workspace_packages() {
        let folder =
            package.manifest_path.parent().and_then(|folder| folder.strip_prefix(workspace.root()).ok());
        let Some(folder) = folder else { continue };
        let own = sources.iter().filter_map(|(file, text)| Some((file.strip_prefix(folder.as_str())?, text)));
        let own = own.map(|(file, text)| (file.trim_start_matches('/'), text.as_str()));
        findings.extend(circles::check(&package.name, own));
    }
    let page = std::fs::read_to_string(workspace.root().join(reference::PAGE)).unwrap_or_default();
    if page != reference::page(workspace)? {
        findings.push(Finding::new(
            reference::PAGE,
            "is not what the sources say: `cargo xtask docs` makes it anew",
        ));
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    match findings.len() {
        0 => {
            println!("tidy: {} files, nothing found", files.len());
            Ok(())
        }
        count => Err(TaskError::Untidy { count }),
    }
}
