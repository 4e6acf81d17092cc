//! What the sources say of the configuration: its structs with their documentation and defaults, and the lists of kinds.

use std::collections::BTreeMap;
use std::path::Path;

use syn::{Attribute, Expr, Fields, ImplItem, Item, Lit, Meta, Stmt, Type};

use crate::error::TaskError;

/// A field of a struct, in the order of the source.
pub(super) struct Field {
    /// As the configuration spells it.
    pub(super) key: String,
    pub(super) documentation: String,
    pub(super) kind: Kind,
    pub(super) default: String,
}

/// What a field holds.
#[derive(Clone)]
pub(super) enum Kind {
    /// A value of a type of that name.
    Named(String),
    Optional(Box<Kind>),
    Several(Box<Kind>),
}

/// A kind of a list: its name, the struct of its keys, what it is.
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) keys: String,
    pub(super) summary: String,
}

/// Everything that was found, by name.
#[derive(Default)]
pub(super) struct Index {
    pub(super) structs: BTreeMap<String, Vec<Field>>,
    /// The values of an enum without contents.
    pub(super) choices: BTreeMap<String, Vec<String>>,
    /// The kinds of an enum that a list makes.
    pub(super) lists: BTreeMap<String, Vec<Listed>>,
    defaults: BTreeMap<String, BTreeMap<String, String>>,
}

impl Index {
    /// Of all sources below `crates`.
    pub(super) fn of(crates: &Path) -> Result<Self, TaskError> {
        let (mut index, mut folders) = (Self::default(), vec![crates.to_owned()]);
        while let Some(folder) = folders.pop() {
            let entries = std::fs::read_dir(&folder).map_err(TaskError::unreadable(&folder))?;
            for path in entries.flatten().map(|entry| entry.path()) {
                let is_source = path.components().any(|part| part.as_os_str() == "src");
                if path.is_dir() {
                    folders.push(path);
                } else if is_source && path.extension().is_some_and(|ending| ending == "rs") {
                    let text = std::fs::read_to_string(&path).map_err(TaskError::unreadable(&path))?;
                    index.read(&text);
                }
            }
        }
        index.fill_defaults();
        Ok(index)
    }

    fn read(&mut self, text: &str) {
        let Ok(file) = syn::parse_file(text) else { return };
        for item in &file.items {
            match item {
                Item::Struct(item) if is_configuration(&item.attrs) => {
                    let fields = match &item.fields {
                        Fields::Named(fields) => fields.named.iter().filter_map(field).collect(),
                        _ => Vec::new(),
                    };
                    self.structs.insert(item.ident.to_string(), fields);
                }
                Item::Enum(item) if item.variants.iter().all(|variant| variant.fields.is_empty()) => {
                    let is_default = |attribute: &Attribute| attribute.path().is_ident("default");
                    let values = item.variants.iter().map(|variant| kebab(&variant.ident.to_string()));
                    self.choices.insert(item.ident.to_string(), values.collect());
                    let chosen = item.variants.iter().find(|variant| variant.attrs.iter().any(is_default));
                    if let Some(chosen) = chosen {
                        let default = [(String::new(), kebab(&chosen.ident.to_string()))].into();
                        self.defaults.insert(item.ident.to_string(), default);
                    }
                }
                Item::Impl(item) => {
                    let of_default = item.trait_.as_ref().is_some_and(|(path, _)| path.is_ident("Default"));
                    if let (true, Type::Path(of)) = (of_default, item.self_ty.as_ref())
                        && let Some(name) = of.path.get_ident()
                    {
                        let values = item.items.iter().filter_map(defaults).flatten().collect();
                        self.defaults.insert(name.to_string(), values);
                    }
                }
                _ => {}
            }
        }
        self.read_lists(text);
    }

    /// The lines `module::Type = "name", "summary";` of a list, after the name of what it makes.
    fn read_lists(&mut self, text: &str) {
        let makes = [
            ("kinds! {", ""),
            ("losses! {", "Loss"),
            ("schedules! {", "ScheduleConfig"),
            ("optimizers! {", "OptimizerConfig"),
            ("models! {", "ModelConfig"),
        ];
        for (start, made) in makes {
            let Some((_, list)) = text.split_once(&format!("\n{start}")) else { continue };
            let body = list.split("\n}").next().unwrap_or_default();
            let named =
                body.lines().find_map(|line| line.trim().split_once(" builds ")).map(|(name, _)| name);
            let made = if made.is_empty() { named.unwrap_or_default() } else { made };
            self.lists.insert(made.to_owned(), body.lines().filter_map(listed).collect());
        }
    }

    fn fill_defaults(&mut self) {
        for (name, fields) in &mut self.structs {
            for field in fields {
                let said = self.defaults.get(name).and_then(|defaults| defaults.get(&field.key));
                field.default = match (said, &field.kind) {
                    (Some(said), Kind::Named(kind)) if said == "default" => {
                        // Of a list of names it is the text that counts.
                        let of_kind = self.defaults.get(kind);
                        of_kind.and_then(|it| it.get("").or_else(|| it.get("text"))).unwrap_or(said).clone()
                    }
                    (Some(said), _) => said.clone(),
                    (None, Kind::Optional(_)) => "absent".to_owned(),
                    (None, Kind::Several(_)) => "none".to_owned(),
                    (None, Kind::Named(kind)) => match self.defaults.get(kind).and_then(|it| it.get("")) {
                        Some(chosen) => chosen.clone(),
                        None if kind == "bool" => "false".to_owned(),
                        None if kind == "f64" || kind == "usize" => "0".to_owned(),
                        None => String::new(),
                    },
                };
            }
        }
    }
}

fn listed(line: &str) -> Option<Listed> {
    let (left, right) = line.trim().split_once(" = \"")?;
    let (name, summary) = right.split_once("\", \"")?;
    let keys = match (left.split_once('('), left.split_once(" as ")) {
        (Some((_, keys)), _) => keys.trim_end_matches(')'),
        (None, Some((path, _))) => path.rsplit("::").next()?,
        (None, None) => left.rsplit("::").next()?,
    };
    let summary = summary.trim_end_matches("\";").to_owned();
    Some(Listed { name: name.to_owned(), keys: keys.to_owned(), summary })
}

/// Whether it is read from a configuration.
fn is_configuration(attributes: &[Attribute]) -> bool {
    let names = |attribute: &Attribute| match &attribute.meta {
        Meta::List(list) => list.tokens.to_string().contains("Deserialize"),
        _ => false,
    };
    attributes.iter().any(names)
}

fn field(field: &syn::Field) -> Option<Field> {
    let said = |word: &str| {
        field.attrs.iter().filter(|it| it.path().is_ident("serde")).find_map(|it| match &it.meta {
            Meta::List(list) => list.tokens.to_string().contains(word).then(|| list.tokens.to_string()),
            _ => None,
        })
    };
    if said("skip").is_some_and(|said| !said.contains("skip_")) {
        return None;
    }
    let renamed = said("rename =").and_then(|said| Some(said.split('"').nth(1)?.to_owned()));
    Some(Field {
        key: renamed.unwrap_or_else(|| field.ident.as_ref().map(ToString::to_string).unwrap_or_default()),
        documentation: documentation(&field.attrs),
        kind: kind(&field.ty)?,
        default: String::new(),
    })
}

fn documentation(attributes: &[Attribute]) -> String {
    let line = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(value) => match &value.lit {
                Lit::Str(text) => Some(text.value().trim().to_owned()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let text = attributes.iter().filter_map(line).collect::<Vec<_>>().join(" ");
    // Links lead nowhere outside of the crates' documentation.
    text.replace("[`", "`").replace("`]", "`").replace('|', "\\|")
}

fn kind(written: &Type) -> Option<Kind> {
    match written {
        Type::Array(_) => Some(Kind::Several(Box::new(Kind::Named("usize".to_owned())))),
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let inner = match &last.arguments {
                syn::PathArguments::AngleBracketed(inner) => match inner.args.first()? {
                    syn::GenericArgument::Type(inner) => kind(inner).map(Box::new),
                    _ => None,
                },
                _ => None,
            };
            match (last.ident.to_string().as_str(), inner) {
                ("Option", Some(inner)) => Some(Kind::Optional(inner)),
                ("Vec", Some(inner)) => Some(Kind::Several(inner)),
                (name, _) => Some(Kind::Named(name.to_owned())),
            }
        }
        _ => None,
    }
}

/// The values of `fn default() -> Self { Self { … } }`.
fn defaults(item: &ImplItem) -> Option<BTreeMap<String, String>> {
    let ImplItem::Fn(function) = item else { return None };
    let Some(Stmt::Expr(Expr::Struct(value), None)) = function.block.stmts.last() else { return None };
    let pair = |field: &syn::FieldValue| match &field.member {
        syn::Member::Named(name) => Some((name.to_string(), value_of(&field.expr))),
        syn::Member::Unnamed(_) => None,
    };
    Some(value.fields.iter().filter_map(pair).map(|(name, value)| (renamed(name), value)).collect())
}

/// The only field that a configuration spells otherwise: a word that Rust keeps for itself.
fn renamed(name: String) -> String {
    if name == "last" { "final".to_owned() } else { name }
}

fn value_of(value: &Expr) -> String {
    match value {
        Expr::Lit(value) => match &value.lit {
            Lit::Str(text) => text.value(),
            Lit::Int(number) => number.base10_digits().to_owned(),
            Lit::Float(number) => number.base10_digits().to_owned(),
            Lit::Bool(flag) => flag.value.to_string(),
            _ => String::new(),
        },
        Expr::Path(path) => match path.path.segments.last().map(|last| last.ident.to_string()) {
            Some(name) if name == "None" => "absent".to_owned(),
            Some(name) => kebab(&name),
            None => String::new(),
        },
        Expr::MethodCall(call) => value_of(&call.receiver),
        Expr::Call(call) => match call.func.as_ref() {
            Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "new") => {
                "none".to_owned()
            }
            Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "default") => {
                "default".to_owned()
            }
            _ => call.args.first().map(value_of).unwrap_or_default(),
        },
        Expr::Macro(list) => format!("[{}]", list.mac.tokens),
        _ => String::new(),
    }
}

/// A name as the configuration spells it.
pub(super) fn kebab(name: &str) -> String {
    let mut spelt = String::new();
    for (place, letter) in name.chars().enumerate() {
        if place > 0 && letter.is_uppercase() {
            spelt.push('-');
        }
        spelt.extend(letter.to_lowercase());
    }
    spelt
}
