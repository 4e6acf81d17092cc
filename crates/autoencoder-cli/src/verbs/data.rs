//! `ae data`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::{self, DataFolder, Guess, Scan, ScannedColumn};
use autoencoder::verbs::{DataWritten, Shown, show_data, write_data};

use crate::arguments::Data;
use crate::output::{Done, document, list};

pub(super) fn data(words: &Data, folder: &DataFolder) -> Result<Done, Error> {
    match words {
        Data::List => Ok(list(datasets::KINDS.iter().map(|kind| (kind.name, kind.summary)), "data")),
        Data::Fetch { name } if datasets::KINDS.iter().all(|kind| kind.name != name) => {
            Err(datasets::DatasetError::unknown(name).into())
        }
        Data::Fetch { name } => Ok(shown(&show_data(name, folder, None, 0)?)),
        Data::Show { source, output, seed } => {
            Ok(shown(&show_data(source, folder, output.as_deref(), *seed)?))
        }
        Data::Write { name, output, side, seed } => {
            let written = write_data(name, folder, output, (*seed, *side))?;
            let DataWritten { name, shape, train_examples, test_examples, .. } = &written;
            let words = examples(name, shape, *train_examples, *test_examples);
            Ok(Done::new(format!("{}: {words}", output.display()), document(&written)))
        }
    }
}

fn shown(shown: &Shown) -> Done {
    match shown {
        Shown::Table { name, scan, .. } => {
            let command = command(name, scan);
            let mut document = document(shown);
            document["command"] = command.clone().into();
            Done::new(format!("{}\nto learn from it: {command}", table(name, scan)), document)
        }
        Shown::Set { name, shape, train_examples, test_examples, .. } => {
            Done::new(examples(name, shape, *train_examples, *test_examples), document(shown))
        }
    }
}

fn examples(name: &str, shape: &str, train: usize, test: Option<usize>) -> String {
    let test = test.map_or(String::new(), |test| format!(" and {test} for the test"));
    format!("{name}: {train} examples{test}, {shape}")
}

/// A table's columns, one a line.
fn table(name: &str, scan: &Scan) -> String {
    let Scan { rows, has_header, columns } = scan;
    let width = columns.iter().map(|column| column.name.chars().count()).max().unwrap_or(0).clamp(6, 30);
    let header = if *has_header { "named in its first line" } else { "without names" };
    let mut lines = vec![
        format!("{name}: {rows} rows of {} columns, {header}", columns.len()),
        format!(
            "{:<width$}  {:<14} {:>7} {:>7} {:>6}  examples",
            "column", "holds", "missing", "odd", "words"
        ),
    ];
    lines.extend(columns.iter().map(|column| {
        let ScannedColumn { name, kind, missing, infinite, odd, odd_cells, words, examples } = column;
        let first = odd_cells.first();
        let first = first.map_or(String::new(), |cell| format!("; line {}: `{}`", cell.line, cell.cell));
        let infinite = if *infinite > 0 { format!("; {infinite} infinite") } else { String::new() };
        let words = if *kind == Guess::Words { words.to_string() } else { "-".to_owned() };
        let kind = document(kind);
        format!(
            "{name:<width$}  {:<14} {missing:>7} {odd:>7} {words:>6}  {}{first}{infinite}",
            kind.as_str().unwrap_or_default(),
            examples.join(", ")
        )
    }));
    lines.join("\n")
}

/// The command that learns from a table as it is.
fn command(name: &str, scan: &Scan) -> String {
    let quoted = |word: &str| {
        if word.chars().all(|c| c.is_ascii_alphanumeric() || "._-/=,".contains(c)) {
            word.to_owned()
        } else {
            format!("'{}'", word.replace('\'', "'\\''"))
        }
    };
    let mut words = vec!["ae train --data".to_owned(), quoted(name)];
    if let Some(label) = scan.label() {
        words.extend(["--label".to_owned(), quoted(label)]);
    }
    let dropped = scan.dropped();
    if !dropped.is_empty() {
        words.extend(["--drop".to_owned(), quoted(&dropped.join(","))]);
    }
    if scan.has_gaps() {
        words.push("--set data.missing=mean".to_owned());
    }
    words.join(" ")
}
