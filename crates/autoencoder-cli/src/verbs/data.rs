//! `ae data`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::{self, DataFolder};
use serde_json::Value;

use crate::arguments::Data;
use crate::output::{Done, list};

pub(super) fn data(words: &Data, folder: &DataFolder) -> Result<Done, Error> {
    match words {
        Data::List => Ok(list(datasets::KINDS.iter().map(|kind| (kind.name, kind.summary)), "data")),
        Data::Fetch { name } if datasets::KINDS.iter().all(|kind| kind.name != name) => {
            Err(datasets::DatasetError::unknown(name).into())
        }
        Data::Fetch { name } => {
            let shown = autoencoder::verbs::show_data(name, folder, None, 0)?;
            Ok(Done::new(describe(&shown), shown))
        }
        Data::Show { source, output, seed } => {
            let shown = autoencoder::verbs::show_data(source, folder, output.as_deref(), *seed)?;
            Ok(Done::new(describe(&shown), shown))
        }
        Data::Write { name, output, side, seed } => {
            let written = autoencoder::verbs::write_data(name, folder, output, (*seed, *side))?;
            Ok(Done::new(format!("{}: {}", output.display(), describe(&written)), written))
        }
    }
}

/// A table's columns, one a line.
fn describe_scan(shown: &Value) -> String {
    let columns = shown["scan"]["columns"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let width =
        columns.iter().map(|column| text(&column["name"]).chars().count()).max().unwrap_or(0).clamp(6, 30);
    let header =
        if shown["scan"]["has_header"] == true { "named in its first line" } else { "without names" };
    let mut lines = vec![
        format!(
            "{}: {} rows of {} columns, {header}",
            text(&shown["name"]),
            shown["train_examples"],
            columns.len()
        ),
        format!(
            "{:<width$}  {:<14} {:>7} {:>7} {:>6}  examples",
            "column", "holds", "missing", "odd", "words"
        ),
    ];
    for column in &columns {
        let odd = column["odd_cells"]
            .as_array()
            .and_then(|cells| cells.first())
            .map_or(String::new(), |cell| format!("; line {}: `{}`", cell["line"], text(&cell["cell"])));
        let examples: Vec<String> = column["examples"].as_array().into_iter().flatten().map(text).collect();
        let infinite = column["infinite"].as_u64().unwrap_or(0);
        let infinite = if infinite > 0 { format!("; {infinite} infinite") } else { String::new() };
        let words = if column["kind"] == "words" { column["words"].to_string() } else { "-".to_owned() };
        lines.push(format!(
            "{:<width$}  {:<14} {:>7} {:>7} {:>6}  {}{odd}{infinite}",
            text(&column["name"]),
            text(&column["kind"]),
            column["missing"].to_string(),
            column["odd"].to_string(),
            words,
            examples.join(", ")
        ));
    }
    lines.push(format!("to learn from it: {}", text(&shown["command"])));
    lines.join("\n")
}

fn describe(shown: &Value) -> String {
    if shown.get("scan").is_some() {
        return describe_scan(shown);
    }
    let test =
        shown["test_examples"].as_u64().map_or(String::new(), |test| format!(" and {test} for the test"));
    format!(
        "{}: {} examples{test}, {}",
        shown["name"].as_str().unwrap_or_default(),
        shown["train_examples"],
        shown["shape"].as_str().unwrap_or_default()
    )
}
