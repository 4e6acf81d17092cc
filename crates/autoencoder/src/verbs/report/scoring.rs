//! `ae report --scores`: a page about the scores of new rows.

use std::path::{Path, PathBuf};

use autoencoder_datasets::{DatasetError, Listener, read_labels};
use autoencoder_eval::quantile;
use autoencoder_report::{Block, Chart, Mark, Marker, Page, Series};

use super::errors::bars;
use super::facts::{Reported, section, short, words};
use crate::error::Error;
use crate::run::folder::RunFolder;
use crate::run::outputs;

/// How many of the highest scores are listed.
const LISTED: usize = 50;

/// Writes a page about the table of scores that `ae score` wrote: how they spread, where normal ends, and the highest with
/// what is known of their rows.
///
/// # Errors
/// What reading or writing says; a table without a column of scores.
pub fn report_scores(
    folder: &RunFolder,
    scores: &Path,
    output: Option<&Path>,
    listener: &Listener,
) -> Result<Reported, Error> {
    let output = output.map_or_else(|| scores.with_extension("html"), Path::to_owned);
    outputs::check_ending(&output, &["html"], "choose a name that ends in .html")?;
    outputs::check(&output, &[scores], Some(folder.path()))?;
    let column = |name: &str| read_labels(scores, Some(name), listener);
    let values = numbers(scores, &column("score")?)?;
    let flags = column("anomaly").unwrap_or_default();
    let is_anomaly = |row: usize| flags.get(row).is_some_and(|flag| flag == "1");
    // The least score that was called an anomaly's is where normal ends.
    let least = (0..values.len()).filter(|&row| is_anomaly(row)).map(|row| values[row]);
    let threshold = least.fold(f64::INFINITY, f64::min);
    let anomalies = (0..values.len()).filter(|&row| is_anomaly(row)).count();
    let (width, points) = bars(&values, quantile(&values, 0.995).unwrap_or(0.0));
    let mark = Mark { at: threshold, name: "called an anomaly from here on".to_owned() };
    let chart = Chart {
        title: format!("Scores of {} rows", values.len()),
        marker: Marker::Bars,
        width,
        x: "score".to_owned(),
        y: "rows".to_owned(),
        series: vec![Series { name: "rows".to_owned(), points }],
        marks: if threshold.is_finite() { vec![mark] } else { Vec::new() },
    };
    // What there is of these says where a row comes from and why it is odd.
    let told: Vec<(&str, Vec<String>)> = [
        "row",
        "line",
        "picture",
        "id",
        "p_value",
        "pca_score",
        "neighbour_score",
        "outside",
        "unseen",
        "because",
    ]
    .into_iter()
    .filter_map(|name| Some((name, column(name).ok().filter(|found| found.len() == values.len())?)))
    .collect();
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let header =
        words(["score", "anomaly"]).into_iter().chain(told.iter().map(|(name, _)| name.replace('_', " ")));
    let of_row = |&row: &usize| {
        let own = [short(values[row]), if is_anomaly(row) { "yes" } else { "no" }.to_owned()];
        own.into_iter().chain(told.iter().map(|(_, cells)| shortened(&cells[row]))).collect()
    };
    let rows = order.iter().take(LISTED).map(of_row).collect();
    let table = Block::Table { header: header.collect(), rows };
    let text =
        format!("The highest half percent stands in the last bar. {anomalies} rows are called anomalies.");
    let page = Page {
        title: format!("Scores in {}", scores.file_name().unwrap_or_default().to_string_lossy()),
        lead: format!("How odd {} new rows are to the run {}.", values.len(), folder.path().display()),
        facts: vec![
            ("rows".to_owned(), values.len().to_string()),
            ("anomalies".to_owned(), anomalies.to_string()),
        ],
        sections: vec![
            section("How the scores spread", text, vec![Block::Chart(chart)]),
            section("The oddest rows", "Highest first.", vec![table]),
        ],
    };
    page.save(&output)?;
    let bytes = std::fs::metadata(&output).map_or(0, |metadata| metadata.len());
    Ok(Reported { output, bytes, parts: page.sections.into_iter().map(|section| section.title).collect() })
}

fn numbers(path: &Path, words: &[String]) -> Result<Vec<f64>, Error> {
    let wrong = |row: usize, word: &str| DatasetError::BadTable {
        path: PathBuf::from(path),
        message: format!("row {row} of its column `score` holds `{word}`: give the table that scoring wrote"),
    };
    let number = |(row, word): (usize, &String)| word.parse().map_err(|_| wrong(row, word).into());
    words.iter().enumerate().map(number).collect()
}

/// A number in the digits that count; words as they are.
fn shortened(cell: &str) -> String {
    match cell.parse::<f64>() {
        Ok(number) if cell.contains('.') => short(number),
        _ => cell.to_owned(),
    }
}
