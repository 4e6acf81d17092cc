//! The reference of the configuration, `docs/configuration.md`: made from the sources, so that it says what they do.

mod index;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::error::TaskError;
use crate::workspace::Workspace;
use index::{Field, Index, Kind};

/// Where the page stands.
pub(crate) const PAGE: &str = "docs/configuration.md";

/// The page as the sources say it.
pub(crate) fn page(workspace: &Workspace) -> Result<String, TaskError> {
    let index = Index::of(&workspace.root().join("crates"))?;
    let mut page = String::from(
        "# The configuration\n\n`cargo xtask docs` makes this page from the sources. Keys are those of a TOML file, or of `--set \
         KEY=VALUE` (`--set train.optimizer.learning_rate=1e-3`). What a file leaves out has its default; defaults that are absent \
         are chosen from the data or turn the choice off.\n",
    );
    Writer { index: &index, page: &mut page, described: BTreeMap::new() }.table("", "RunConfig");
    Ok(page)
}

/// Writes the page.
pub(crate) fn write(workspace: &Workspace) -> Result<(), TaskError> {
    let path = workspace.root().join(PAGE);
    std::fs::write(&path, page(workspace)?).map_err(TaskError::unreadable(&path))?;
    println!("docs: the configuration is at {PAGE}");
    Ok(())
}

struct Writer<'a> {
    index: &'a Index,
    page: &'a mut String,
    /// Where the tables of a type stand already.
    described: BTreeMap<String, String>,
}

impl Writer<'_> {
    /// The keys of a table and, after it, of the tables inside it.
    fn table(&mut self, prefix: &str, name: &str) {
        let index = self.index;
        let Some(fields) = index.structs.get(name) else { return };
        let (inner, values): (Vec<&Field>, Vec<&Field>) =
            fields.iter().partition(|field| is_table(index, &field.kind));
        if !values.is_empty() {
            self.page.push_str("\n| key | type | default | meaning |\n|---|---|---|---|\n");
            for Field { key, documentation, kind, default } in values {
                let words = words(index, kind);
                let _ = writeln!(self.page, "| `{prefix}{key}` | {words} | {default} | {documentation} |");
            }
        }
        for Field { key, documentation, kind, .. } in inner {
            let (path, of) = (format!("{prefix}{key}"), base(kind));
            let heading = if is_several(kind) { format!("[[{path}]]") } else { format!("[{path}]") };
            let level = if prefix.is_empty() { "##" } else { "###" };
            let _ = write!(self.page, "\n{level} `{heading}`\n\n{documentation}\n");
            match self.described.get(of) {
                Some(place) => _ = write!(self.page, "\nIts keys are those of `{place}`.\n"),
                None => {
                    self.described.insert(of.to_owned(), heading);
                    self.kinds(&path, of);
                }
            }
        }
    }

    /// What a table may hold: the kinds of a list, each with its keys, or keys alone.
    fn kinds(&mut self, path: &str, of: &str) {
        let prefix = format!("{path}.");
        let Some(kinds) = self.index.lists.get(of) else { return self.table(&prefix, of) };
        self.page.push_str("\n| `kind` | what it is |\n|---|---|\n");
        for kind in kinds {
            let _ = writeln!(self.page, "| `{}` | {} |", kind.name, kind.summary);
        }
        for kind in kinds {
            if self.index.structs.get(&kind.keys).is_some_and(|keys| !keys.is_empty()) {
                let _ = write!(self.page, "\nKeys of `{path}.kind = \"{}\"`:\n", kind.name);
                self.table(&prefix, &kind.keys);
            }
        }
    }
}

fn base(kind: &Kind) -> &str {
    match kind {
        Kind::Named(name) => name,
        Kind::Optional(inner) | Kind::Several(inner) => base(inner),
    }
}

fn is_several(kind: &Kind) -> bool {
    match kind {
        Kind::Named(_) => false,
        Kind::Several(_) => true,
        Kind::Optional(inner) => is_several(inner),
    }
}

fn is_table(index: &Index, kind: &Kind) -> bool {
    let name = base(kind);
    index.lists.contains_key(name) || (index.structs.contains_key(name) && name != "Devices")
}

/// A type in words.
fn words(index: &Index, kind: &Kind) -> String {
    match kind {
        Kind::Optional(inner) => words(index, inner),
        Kind::Several(inner) => format!("list: {}", words(index, inner)),
        Kind::Named(name) => match (name.as_str(), index.choices.get(name)) {
            ("usize" | "u64" | "u32", _) => "count".to_owned(),
            ("f64" | "f32", _) => "number".to_owned(),
            ("bool", _) => "true, false".to_owned(),
            ("String" | "Devices", _) => "text".to_owned(),
            ("PenaltyWeight", _) => "number, or `{ from, to, until }`".to_owned(),
            (_, Some(choices)) => {
                choices.iter().map(|choice| format!("`{choice}`")).collect::<Vec<_>>().join(", ")
            }
            (other, None) => other.to_owned(),
        },
    }
}
