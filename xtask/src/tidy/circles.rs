//! Circles between the modules of a crate: data flow one way inside a crate too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemUse, Meta, UseTree, Visibility};

use super::finding::Finding;

/// The path of a module in its crate, outermost first; of the root itself nothing.
type Module = Vec<String>;

/// What the modules of one crate name of each other.
#[derive(Default)]
struct Crate {
    /// The paths that each module names, from the root.
    named: BTreeMap<Module, Vec<Module>>,
    /// What each module passes on under a name of its own, by the paths it has it from.
    passed_on: BTreeMap<Module, Vec<(String, Module)>>,
}

/// The circles of a crate's files: each a path below the crate's folder and its text.
pub(super) fn check<'a>(of: &str, files: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Finding> {
    let mut all = Crate::default();
    let mut findings = Vec::new();
    for (path, text) in files {
        let Some(module) = module(path) else { continue };
        match syn::parse_file(text) {
            Ok(file) => all.read(module, &file),
            Err(error) => findings.push(Finding::new(format!("{of}/{path}"), error.to_string())),
        }
    }
    findings.extend(all.circles().into_iter().map(|circle| {
        let names: Vec<String> = circle.iter().map(|module| module.join("::")).collect();
        Finding::new(
            of,
            format!("modules in a circle: {}; let one of them not know the others", names.join(", ")),
        )
    }));
    findings
}

/// The module that a file below a crate's folder is; `None` where it is not of the crate itself.
fn module(path: &str) -> Option<Module> {
    let path = Path::new(path).strip_prefix("src").ok()?;
    let mut parts: Module =
        path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| ["lib", "main", "mod"].contains(&last.as_str())) {
        parts.pop();
    }
    Some(parts)
}

impl Crate {
    fn read(&mut self, module: Module, file: &syn::File) {
        let mut reader = Reader { module: module.clone(), named: Vec::new(), passed_on: Vec::new() };
        reader.visit_file(file);
        self.named.insert(module.clone(), reader.named);
        self.passed_on.insert(module, reader.passed_on);
    }

    /// The module that a path from the root leads to, through what modules pass on.
    fn target(&self, path: &[String], depth: usize) -> Module {
        let mut module = Module::new();
        for (at, part) in path.iter().enumerate() {
            let inner: Module = module.iter().chain([part]).cloned().collect();
            if self.named.contains_key(&inner) {
                module = inner;
                continue;
            }
            let passed_on = self.passed_on.get(&module).into_iter().flatten();
            let from = passed_on.filter(|(name, _)| name == part).map(|(_, from)| from).next();
            return match from {
                Some(from) if depth > 0 => {
                    let rest: Module = from.iter().chain(&path[at + 1..]).cloned().collect();
                    self.target(&rest, depth - 1)
                }
                _ => module,
            };
        }
        module
    }

    fn edges(&self) -> BTreeMap<&Module, BTreeSet<Module>> {
        let of = |(module, named): (&'_ Module, &Vec<Module>)| {
            let targets = named.iter().map(|path| self.target(path, 8));
            targets.filter(|target| target != module && !target.is_empty()).collect()
        };
        self.named.iter().map(|(module, named)| (module, of((module, named)))).collect()
    }

    /// The modules that reach each other, a group a circle.
    fn circles(&self) -> Vec<Vec<Module>> {
        let edges = self.edges();
        let reached: BTreeMap<&Module, BTreeSet<&Module>> =
            edges.keys().map(|module| (*module, reached(module, &edges))).collect();
        let mut circles: Vec<Vec<Module>> = Vec::new();
        for (module, others) in &reached {
            if !others.contains(*module) || circles.iter().any(|circle| circle.contains(*module)) {
                continue;
            }
            let circle = others.iter().filter(|other| reached[**other].contains(*module));
            circles.push(circle.map(|module| (*module).clone()).collect());
        }
        circles
    }
}

fn reached<'a>(from: &Module, edges: &'a BTreeMap<&Module, BTreeSet<Module>>) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut ahead: Vec<&Module> = edges.get(from).into_iter().flatten().collect();
    while let Some(module) = ahead.pop() {
        if reached.insert(module) {
            ahead.extend(edges.get(module).into_iter().flatten());
        }
    }
    reached
}

/// Collects what one file names.
struct Reader {
    module: Module,
    named: Vec<Module>,
    passed_on: Vec<(String, Module)>,
}

impl Reader {
    /// A path from the root; `None` where it leads out of the crate.
    fn whole(&self, path: &[String]) -> Option<Module> {
        let mut base = self.module.clone();
        let mut rest = path;
        match path.first()?.as_str() {
            "crate" => {
                base.clear();
                rest = &path[1..];
            }
            "self" => rest = &path[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            // A module of its own, or another crate: what leads nowhere is dropped later.
            _ => {}
        }
        Some(base.into_iter().chain(rest.iter().cloned()).collect())
    }

    fn add(&mut self, tree: &UseTree, before: &[String], is_passed_on: bool) {
        let with = |name: &syn::Ident| before.iter().cloned().chain([name.to_string()]).collect::<Vec<_>>();
        match tree {
            UseTree::Path(path) => self.add(&path.tree, &with(&path.ident), is_passed_on),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(tree, before, is_passed_on)),
            UseTree::Name(name) if name.ident == "self" => self.end(before, None, is_passed_on),
            UseTree::Name(name) => {
                self.end(&with(&name.ident), Some(name.ident.to_string()), is_passed_on);
            }
            UseTree::Rename(rename) => {
                self.end(&with(&rename.ident), Some(rename.rename.to_string()), is_passed_on);
            }
            UseTree::Glob(_) => self.end(before, None, is_passed_on),
        }
    }

    fn end(&mut self, path: &[String], name: Option<String>, is_passed_on: bool) {
        let Some(path) = self.whole(path) else { return };
        match (is_passed_on, name) {
            (true, Some(name)) => self.passed_on.push((name, path)),
            (true, None) => {}
            (false, _) => self.named.push(path),
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.add(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1
            && let Some(path) = self.whole(&parts)
        {
            self.named.push(path);
        }
        visit::visit_path(self, path);
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circles(files: &[(&str, &str)]) -> Vec<String> {
        check("crate", files.iter().copied()).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_circle_is_found_through_names_that_the_root_passes_on() {
        let found = circles(&[
            ("src/lib.rs", "mod a; mod b; mod c; pub use a::A; pub use b::B;"),
            ("src/a.rs", "use crate::B; pub struct A(B);"),
            ("src/b.rs", "pub struct B; fn f() { crate::c::g(); }"),
            ("src/c.rs", "use super::a::A; pub fn g() -> Option<A> { None }"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("crate: modules in a circle: a, b, c"), "{found:?}");
    }

    #[test]
    fn a_module_may_pass_on_what_its_own_modules_have_and_tests_may_name_anything() {
        let found = circles(&[
            ("src/lib.rs", "mod a; pub use a::inner::Inner;"),
            ("src/a/mod.rs", "mod inner; pub use inner::Inner; pub struct A;"),
            (
                "src/a/inner.rs",
                "use super::A; pub struct Inner(A); #[cfg(test)] mod tests { use crate::b::B; }",
            ),
            ("src/b.rs", "use crate::a::inner::Inner; pub struct B(Inner);"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn a_module_and_the_one_inside_it_are_a_circle_where_each_needs_the_other() {
        let found = circles(&[
            ("src/a.rs", "mod inner; use inner::f; pub struct A; fn g() { f() }"),
            ("src/a/inner.rs", "use super::A; pub fn f() -> A { A }"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
