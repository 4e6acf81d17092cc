//! Words that the command knows by name, for help and completions; where a path fits as well, any word does.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::sync::OnceLock;

use autoencoder::config::{RECIPES, RunConfig};
use autoencoder::core::Kind;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use toml::{Table, Value};

/// Takes any word, and knows some.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    known: fn() -> Vec<(&'static str, &'static str)>,
}

/// The recipes.
pub(crate) const RECIPE: Names =
    Names { known: || RECIPES.iter().map(|recipe| (recipe.name, recipe.summary())).collect() };
/// The data sets.
pub(crate) const DATA_SET: Names = Names { known: || of(autoencoder::datasets::KINDS) };
/// The kinds of model.
pub(crate) const MODEL: Names = Names { known: || of(autoencoder::models::KINDS) };

/// The keys of a configuration, each with the `=` that its value follows.
pub(crate) const KEY: Names = Names { known: keys };

fn keys() -> Vec<(&'static str, &'static str)> {
    static KEYS: OnceLock<Vec<String>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| {
        // A recipe with a model, a loss and noise has most tables; what a kind has of its own, it says itself.
        let text = RECIPES.iter().map(|recipe| recipe.text);
        let mut keys = BTreeSet::new();
        for table in text.filter_map(|text| text.parse::<Table>().ok()) {
            collect(&table, "", &mut keys);
        }
        let whole = RunConfig::default().to_toml().ok().and_then(|text| text.parse::<Table>().ok());
        collect(&whole.unwrap_or_default(), "", &mut keys);
        keys.into_iter().collect()
    });
    keys.iter().map(|key| (key.as_str(), "")).collect()
}

/// The dotted keys of a table.
fn collect(table: &Table, prefix: &str, keys: &mut BTreeSet<String>) {
    for (key, value) in table {
        match value {
            Value::Table(inner) => collect(inner, &format!("{prefix}{key}."), keys),
            _ => _ = keys.insert(format!("{prefix}{key}=")),
        }
    }
}

fn of(kinds: &[Kind]) -> Vec<(&'static str, &'static str)> {
    kinds.iter().map(|kind| (kind.name, kind.summary)).collect()
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = (self.known)().into_iter().map(|(name, summary)| PossibleValue::new(name).help(summary));
        Some(Box::new(values))
    }
}
