//! What holds for each folder of `crates/`.

use std::path::Path;

use cargo_metadata::Metadata;

use super::finding::Finding;

/// Crates whose folder has another name than their package, and crates without a README.
pub(super) fn check(metadata: &Metadata) -> Vec<Finding> {
    let root = metadata.workspace_root.as_std_path();
    let packages = metadata.workspace_packages();
    let in_crates = packages.iter().filter_map(|package| {
        let folder = package.manifest_path.as_std_path().parent()?;
        folder.starts_with(root.join("crates")).then_some((package.name.as_str(), folder))
    });
    in_crates.flat_map(|(name, folder)| check_crate(name, folder)).collect()
}

fn check_crate(name: &str, folder: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    let place = folder.display().to_string();
    if folder.file_name().is_none_or(|folder| folder != name) {
        findings.push(Finding::new(
            &place,
            format!("holds the package {name}: name the folder like the package"),
        ));
    }
    if !folder.join("README.md").is_file() {
        findings.push(Finding::new(&place, "has no README.md: write ten lines with an example that runs"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_another_name_and_a_missing_readme_are_found() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("autoencoder-core");
        std::fs::create_dir(&folder).expect("a folder");
        assert_eq!(check_crate("autoencoder-core", &folder).len(), 1);
        std::fs::write(folder.join("README.md"), "# autoencoder-core\n").expect("a file");
        assert_eq!(check_crate("autoencoder-core", &folder), []);
        let found = check_crate("autoencoder-heart", &folder);
        assert_eq!(found.len(), 1);
        assert!(found[0].to_string().contains("autoencoder-heart"), "{}", found[0]);
    }
}
