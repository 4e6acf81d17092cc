//! The table of scores.

use std::path::Path;

use autoencoder_core::ExampleShape;
use autoencoder_datasets::{Axes, Column, Heading, Matrix, Numbers, is_table, write_columns, write_rows};
use autoencoder_eval::p_values;

use super::scored::Scored;
use crate::data::rows;
use crate::data::rows::most;
use crate::error::Error;

/// Writes the scores of a shard's rows and, of the columns that are given, the share of each feature in the errors.
pub(super) fn write(
    path: &Path,
    (scores, held_out): (&[f64], &[f64]),
    scored: &Scored,
    (first, heading): (usize, Heading),
    shares: Option<(&[Column], &[f32])>,
) -> Result<(), Error> {
    if !is_table(path) {
        let column = scores.iter().map(|&score| score as f32).collect();
        write_rows(path, &Matrix::new(ExampleShape::Flat(1), column), Axes::Rows, &[], heading)?;
        return Ok(());
    }
    let notes = &scored.notes;
    let flag = |row: usize| i64::from(scores[row] > scored.threshold || notes.is_unseen(row));
    let rows = (first..first + scores.len()).map(|row| row as i64);
    let mut columns = vec![
        ("row".to_owned(), Numbers::Integers(rows.collect())),
        ("score".to_owned(), Numbers::Doubles(scores.to_vec())),
        ("anomaly".to_owned(), Numbers::Integers((0..scores.len()).map(flag).collect())),
    ];
    if !held_out.is_empty() {
        columns.push(("p_value".to_owned(), Numbers::Doubles(p_values(scores, held_out))));
    }
    let beside = [
        ("pca_score", scored.pca.as_ref().map(|pca| &pca.scores)),
        ("neighbour_score", scored.neighbours.as_ref().map(|neighbours| &neighbours.scores)),
    ];
    for (name, scores) in beside {
        columns.extend(scores.map(|scores| (name.to_owned(), Numbers::Doubles(scores.clone()))));
    }
    if !notes.lines.is_empty() {
        let lines = notes.lines.iter().map(|&line| line as i64).collect();
        columns.push(("line".to_owned(), Numbers::Integers(lines)));
    }
    if !notes.pictures.is_empty() {
        let names = notes.pictures.iter().map(|path| path.display().to_string()).collect();
        columns.push(("picture".to_owned(), Numbers::Words(names)));
    }
    if !notes.ids.is_empty() {
        columns.push(("id".to_owned(), Numbers::Words(notes.ids.clone())));
    }
    for (name, counts) in [("outside", &notes.outside), ("unseen", &notes.unseen)] {
        if !counts.is_empty() {
            let counts = counts.iter().map(|&count| i64::from(count)).collect();
            columns.push((name.to_owned(), Numbers::Integers(counts)));
        }
    }
    if let Some((of, shares)) = shares {
        let shares = rows::by_column(of, shares);
        columns.extend(of.iter().enumerate().map(|(index, column)| {
            let own = shares.iter().skip(index).step_by(of.len()).copied().collect();
            (format!("share of {}", column.name), Numbers::Floats(own))
        }));
        let because = shares.chunks_exact(of.len().max(1)).map(|shares| most(shares, of)).collect();
        columns.push(("because".to_owned(), Numbers::Words(because)));
    }
    if scored.for_spreadsheet {
        columns =
            columns.into_iter().map(|(name, cells)| (as_text(name), cells.map_words(as_text))).collect();
    }
    Ok(write_columns(path, columns, heading)?)
}

/// A word as a spreadsheet takes it for text.
fn as_text(word: String) -> String {
    if word.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{word}") } else { word }
}
