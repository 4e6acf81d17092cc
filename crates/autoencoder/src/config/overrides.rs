//! Configurations as tables: reading TOML, and laying `key=value` over it.

use toml::{Table, Value};

use crate::config::error::ConfigError;

/// Parses TOML text; `origin` is the file or recipe that errors name.
///
/// # Errors
/// [`ConfigError::Syntax`] with the line.
pub fn parse(text: &str, origin: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>().map_err(|error| ConfigError::Syntax {
        origin: origin.to_owned(),
        line: error.span().map_or(1, |span| text[..span.start].lines().count().max(1)),
        message: error.message().replace('\n', ", "),
    })
}

/// Lays one `key=value` over `table`: the key is dotted, the value TOML (a bare word is a string).
/// A new `kind` clears the other keys of its table, since they belonged to the old kind; the word
/// `none` removes an optional table, as in `corruption=none`.
///
/// ```
/// use autoencoder::config::{RunConfig, overrides};
///
/// let mut table = overrides::parse("model.code = 8", "example")?;
/// overrides::set(&mut table, "model.code=2")?;
/// overrides::set(&mut table, "corruption.kind=masking")?;
/// assert_eq!(RunConfig::from_table(table)?.model().code(), 2);
/// # Ok::<(), autoencoder::config::ConfigError>(())
/// ```
///
/// # Errors
/// [`ConfigError::Override`] where there is no `=`, the value is no TOML, or a part of the key is no
/// table.
pub fn set(table: &mut Table, assignment: &str) -> Result<(), ConfigError> {
    let bad = |problem| ConfigError::Override { assignment: assignment.to_owned(), problem };
    let (key, value) = assignment.split_once('=').ok_or_else(|| bad("has no `=`"))?;
    let value = parse_value(value.trim()).ok_or_else(|| bad("has a value that is not TOML"))?;
    insert(table, key.trim(), value).map_err(bad)
}

/// Lays a value over `table` at a dotted key, as [`set`] does: for values that are no text of the user's TOML, such as the
/// name of a file.
///
/// # Errors
/// What is wrong with the key.
pub fn insert(table: &mut Table, key: &str, value: Value) -> Result<(), &'static str> {
    let mut path: Vec<&str> = key.split('.').collect();
    let last = path.pop().filter(|last| !last.is_empty()).ok_or("has no key")?;
    let mut table = table;
    for part in path {
        let entry = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
        table = entry.as_table_mut().ok_or("names a key inside a value that is not a table")?;
    }
    if last == "kind" && table.get(last).is_some_and(|old| *old != value) {
        table.clear();
    }
    if matches!(last, "corruption" | "emphasis" | "early_stopping") && value.as_str() == Some("none") {
        table.remove(last);
    } else {
        table.insert(last.to_owned(), value);
    }
    Ok(())
}

fn parse_value(text: &str) -> Option<Value> {
    let wrapped = |value: &str| format!("value = {value}").parse::<Table>().ok()?.remove("value");
    wrapped(text).or_else(|| {
        let bare = !text.is_empty() && !text.contains(['"', '\'', '\n', '[', '{']);
        bare.then(|| Value::String(text.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(assignments: &[&str]) -> Table {
        let mut table = Table::new();
        for assignment in assignments {
            set(&mut table, assignment).expect(assignment);
        }
        table
    }

    #[test]
    fn values_are_toml_and_bare_words_are_strings() {
        let table = table(&[
            "model.code=2",
            "data.source=mnist",
            "penalty=[{kind=\"l1\", weight=1e-3}]",
            "data.source=a/b.npy",
        ]);
        assert_eq!(table["model"]["code"], Value::Integer(2));
        assert_eq!(table["data"]["source"], Value::String("a/b.npy".to_owned()));
        assert_eq!(table["penalty"][0]["weight"], Value::Float(1e-3));
    }

    #[test]
    fn a_new_kind_clears_the_keys_of_the_old_one_and_none_removes() {
        let table =
            table(&["corruption.kind=masking", "corruption.probability=0.5", "corruption.kind=gaussian"]);
        assert_eq!(table["corruption"].as_table().map(Table::len), Some(1));
        let mut table = table;
        set(&mut table, "corruption=none").expect("removed");
        assert!(!table.contains_key("corruption"));
    }

    #[test]
    fn what_is_no_assignment_is_refused() {
        for bad in ["model.code", "=3", "model.code=[1"] {
            assert!(set(&mut Table::new(), bad).is_err(), "{bad}");
        }
        let mut table = table(&["model.code=2"]);
        assert!(set(&mut table, "model.code.size=2").is_err());
    }
}
