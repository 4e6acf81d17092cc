//! Which crate may depend on which.

use cargo_metadata::{DependencyKind, Metadata};

use super::finding::Finding;

/// Each crate and the crates of the workspace it may name, in any kind of dependency. The six in the
/// middle are siblings: none names another, so that training cannot know a model, nor a model its data.
const ALLOWED: [(&str, &[&str]); 11] = [
    ("autoencoder-kernels", &[]),
    ("autoencoder-core", &["autoencoder-kernels"]),
    ("autoencoder-models", &["autoencoder-core", "autoencoder-kernels"]),
    ("autoencoder-regularizers", &["autoencoder-core", "autoencoder-kernels"]),
    ("autoencoder-train", &["autoencoder-core", "autoencoder-kernels"]),
    ("autoencoder-datasets", &["autoencoder-core"]),
    ("autoencoder-eval", &["autoencoder-core"]),
    ("autoencoder-report", &["autoencoder-core"]),
    (
        "autoencoder",
        &[
            "autoencoder-core",
            "autoencoder-kernels",
            "autoencoder-models",
            "autoencoder-regularizers",
            "autoencoder-train",
            "autoencoder-datasets",
            "autoencoder-eval",
            "autoencoder-report",
        ],
    ),
    ("autoencoder-cli", &["autoencoder"]),
    ("xtask", &[]),
];

/// A dependency between two crates of the workspace.
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    kind: DependencyKind,
}

/// Crates that are in no row of the table, and dependencies that its rows do not allow.
pub(super) fn check(metadata: &Metadata) -> Vec<Finding> {
    let packages = metadata.workspace_packages();
    let names: Vec<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let unknown = names.iter().filter(|name| allowed(name).is_none()).map(|name| {
        Finding::new(*name, "not in the table of layers: add its row in xtask/src/tidy/layers.rs")
    });
    let edges = packages.iter().flat_map(|package| {
        package.dependencies.iter().map(|dependency| Edge {
            from: &package.name,
            to: &dependency.name,
            kind: dependency.kind,
        })
    });
    let edges = edges.filter(|edge| names.contains(&edge.to));
    unknown.chain(edges.filter_map(|edge| forbidden(&edge))).collect()
}

fn allowed(name: &str) -> Option<&'static [&'static str]> {
    ALLOWED.iter().find(|(from, _)| *from == name).map(|(_, to)| *to)
}

fn forbidden(edge: &Edge<'_>) -> Option<Finding> {
    let Edge { from, to, kind } = edge;
    let allowed = allowed(from)?;
    if allowed.contains(to) {
        return None;
    }
    let may = if allowed.is_empty() { "none of the workspace".to_owned() } else { allowed.join(", ") };
    Some(Finding::new(
        format!("{from} -> {to}"),
        format!("this {kind} dependency crosses the layers: {from} may name {may}"),
    ))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use cargo_metadata::MetadataCommand;

    use super::*;

    fn edge<'a>(from: &'a str, to: &'a str) -> Edge<'a> {
        Edge { from, to, kind: DependencyKind::Normal }
    }

    #[test]
    fn every_allowed_edge_is_found_when_reversed() {
        for (from, targets) in ALLOWED {
            for to in targets {
                assert_eq!(forbidden(&edge(from, to)), None);
                let finding = forbidden(&edge(to, from)).expect("a reversed edge");
                assert!(finding.to_string().starts_with(&format!("{to} -> {from}: ")), "{finding}");
            }
        }
    }

    #[test]
    fn siblings_may_not_name_each_other() {
        let siblings = ["models", "regularizers", "train", "datasets", "eval", "report"];
        for from in siblings {
            for to in siblings {
                let (from, to) = (format!("autoencoder-{from}"), format!("autoencoder-{to}"));
                assert!(forbidden(&edge(&from, &to)).is_some(), "{from} -> {to}");
            }
        }
    }

    #[test]
    fn an_arrow_that_skips_a_layer_is_found() {
        for (from, to) in [
            ("autoencoder-eval", "autoencoder-kernels"),
            ("autoencoder-datasets", "autoencoder-kernels"),
            ("autoencoder-cli", "autoencoder-core"),
            ("xtask", "autoencoder"),
        ] {
            assert!(forbidden(&edge(from, to)).is_some(), "{from} -> {to}");
        }
    }

    fn package(folder: &Path, name: &str, dependencies: &str) {
        let source = folder.join(name).join("src");
        fs::create_dir_all(&source).expect("a folder");
        fs::write(source.join("lib.rs"), "").expect("a file");
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\n{dependencies}");
        fs::write(folder.join(name).join("Cargo.toml"), manifest).expect("a file");
    }

    fn findings(dependencies_of_core: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("Cargo.toml"), "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n")
            .expect("a file");
        package(folder.path(), "autoencoder-core", dependencies_of_core);
        package(
            folder.path(),
            "autoencoder-train",
            "[dependencies]\nautoencoder-core = { path = \"../autoencoder-core\" }\n",
        );
        let manifest = folder.path().join("Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("metadata");
        check(&metadata).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_workspace_within_its_layers_has_no_findings() {
        assert_eq!(findings(""), [""; 0]);
    }

    #[test]
    fn a_crate_without_a_row_in_the_table_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        package(folder.path(), "autoencoder-new", "[workspace]\n");
        let manifest = folder.path().join("autoencoder-new/Cargo.toml");
        let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec().expect("metadata");
        let found: Vec<String> = check(&metadata).iter().map(Finding::to_string).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("autoencoder-new: not in the table"), "{found:?}");
    }

    #[test]
    fn dev_and_build_dependencies_count_as_edges() {
        for (table, kind) in
            [("dev-dependencies", "dev"), ("build-dependencies", "build"), ("dependencies", "normal")]
        {
            let found =
                findings(&format!("[{table}]\nautoencoder-train = {{ path = \"../autoencoder-train\" }}\n"));
            assert_eq!(found.len(), 1, "{found:?}");
            let expected = format!("autoencoder-core -> autoencoder-train: this {kind} dependency");
            assert!(found[0].starts_with(&expected), "{found:?}");
        }
    }
}
