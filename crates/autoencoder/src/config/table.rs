//! Where things stand in a table of TOML.

use toml::{Table, Value};

/// The dotted path of the first entry, at any depth, that `wanted` accepts.
pub(crate) fn find(table: &Table, wanted: &dyn Fn(&str, &Value) -> bool) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        if wanted(key, value) {
            return Some(key.clone());
        }
        match value {
            Value::Table(inner) => Some(format!("{key}.{}", find(inner, wanted)?)),
            Value::Array(items) => items.iter().enumerate().find_map(|(index, item)| {
                Some(format!("{key}[{index}].{}", find(item.as_table()?, wanted)?))
            }),
            _ => None,
        }
    })
}

/// The dotted path of the first entry that two tables do not share.
pub(crate) fn first_difference(a: &Table, b: &Table) -> Option<String> {
    let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
    keys.filter(|key| a.get(*key) != b.get(*key)).find_map(|key| match (a.get(key), b.get(key)) {
        (Some(Value::Table(a)), Some(Value::Table(b))) => Some(format!("{key}.{}", first_difference(a, b)?)),
        _ => Some(key.clone()),
    })
}

/// The dotted path of the first entry of `before` that `now` lacks.
pub(crate) fn first_missing(now: &Table, before: &Table) -> Option<String> {
    before.iter().find_map(|(key, value)| match (now.get(key), value) {
        (None, _) => Some(key.clone()),
        (Some(Value::Table(now)), Value::Table(before)) => {
            Some(format!("{key}.{}", first_missing(now, before)?))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(lines: &[&str]) -> Table {
        lines.join("\n").parse().expect("TOML")
    }

    #[test]
    fn an_entry_is_found_at_any_depth_with_its_path() {
        let table = table(&["train.optimizer.rate=1", "penalty=[{kind=\"l1\"}, {wieght=2}]"]);
        assert_eq!(find(&table, &|key, _| key == "rate").as_deref(), Some("train.optimizer.rate"));
        assert_eq!(find(&table, &|key, _| key == "wieght").as_deref(), Some("penalty[1].wieght"));
        assert_eq!(find(&table, &|key, _| key == "nothing"), None);
    }

    #[test]
    fn the_first_difference_is_found_by_its_path() {
        let before = table(&["model.code=2", "train.optimizer.rate=1"]);
        assert_eq!(first_difference(&before, &before), None);
        let other = table(&["model.code=2", "train.optimizer.rate=2"]);
        assert_eq!(first_difference(&before, &other).as_deref(), Some("train.optimizer.rate"));
        let more = table(&["model.code=2", "train.optimizer.rate=1", "corruption.kind=\"masking\""]);
        assert_eq!(first_difference(&before, &more).as_deref(), Some("corruption"));
    }
}
