//! The labels of the rows that are scored, in whatever form people have them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use autoencoder_core::Source as _;
use autoencoder_datasets::{Column, LABELS, Listener, Matrix, read_labels};

use super::scoring::Scoring;
use crate::config::data::DataConfig;
use crate::error::Error;

/// What anomalies are called, and what the rest is.
const ANOMALIES: [&str; 10] =
    ["anomaly", "anomalous", "outlier", "abnormal", "odd", "bad", "defect", "defective", "attack", "fraud"];
const NORMALS: [&str; 8] = ["normal", "good", "ok", "inlier", "benign", "nominal", "regular", "healthy"];

/// The rows that were read, the columns of a table among them that the model learned from, and the paths of pictures.
type Read<'a> = (&'a Matrix, Option<&'a [Column]>, &'a [PathBuf]);

/// Whether each row is an anomaly: by the labels that are asked for, else by the input's own; `None` where there are none, or
/// where nobody asked and they do not say.
///
/// # Errors
/// [`Error::Labels`] where labels that were asked for do not fit or do not say.
pub(super) fn of_rows(
    words: &Scoring<'_>,
    data: &DataConfig,
    (matrix, columns, pictures): Read<'_>,
    listener: &Listener,
) -> Result<Option<Vec<bool>>, Error> {
    let path = words.labels.unwrap_or(words.input);
    let wrong = |message: String| Error::Labels { path: path.to_owned(), message };
    let is_asked = words.labels.is_some() || words.label.is_some() || words.anomaly.is_some();
    // Parts of the rows cannot be ranked; what was asked for is refused elsewhere.
    if !words.shard.is_whole() {
        return Ok(None);
    }
    let found = match words.labels {
        Some(labels) => {
            Some(read_labels(labels, words.label, listener).map_err(|error| wrong(error.to_string()))?)
        }
        // A column that was asked for is there, or is named as missing.
        None if words.label.is_some() && pictures.is_empty() => {
            Some(read_labels(words.input, words.label, listener).map_err(|error| wrong(error.to_string()))?)
        }
        None => own(words, data, (matrix, columns, pictures), listener),
    };
    let Some(found) = found else {
        return if is_asked { Err(wrong("its rows have none".to_owned())) } else { Ok(None) };
    };
    if found.len() != matrix.len() {
        return Err(wrong(format!("it holds {} for {} rows", found.len(), matrix.len())));
    }
    let normal = words.anomaly.is_none().then_some(data.normal_only.as_deref()).flatten();
    match which(&found, words.anomaly, normal) {
        Ok(anomalies) => Ok(Some(anomalies)),
        Err(message) if is_asked => Err(wrong(message)),
        Err(_) => Ok(None),
    }
}

/// A column of the input, a word for each row.
///
/// # Errors
/// [`Error::Labels`] where there is none of that name.
pub(super) fn column(
    input: &Path,
    name: &str,
    rows: usize,
    listener: &Listener,
) -> Result<Vec<String>, Error> {
    let found = read_labels(input, Some(name), listener)?;
    if found.len() == rows {
        Ok(found)
    } else {
        Err(Error::Labels {
            path: input.to_owned(),
            message: format!("column `{name}` has {} cells for {rows} rows", found.len()),
        })
    }
}

/// The input's own labels: the folders of pictures, those of an archive, the column that the run's were in, or one that is
/// called as labels are.
fn own(
    words: &Scoring<'_>,
    data: &DataConfig,
    (matrix, columns, pictures): Read<'_>,
    listener: &Listener,
) -> Option<Vec<String>> {
    if !pictures.is_empty() {
        let folder = |path: &PathBuf| path.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let folders: Vec<String> = pictures.iter().map(folder).collect();
        return folders.windows(2).any(|pair| pair[0] != pair[1]).then_some(folders);
    }
    let of = |column: Option<&str>, listener: &Listener| {
        read_labels(words.input, column, listener).ok().filter(|found| found.len() == matrix.len())
    };
    if let Some(label) = data.label.as_deref() {
        return of(Some(label), listener);
    }
    if matrix.labels().is_some() {
        return of(None, listener);
    }
    // A column that the model learned from is no label, whatever it is called.
    let columns = columns?;
    let is_learned = |name: &str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
    LABELS.iter().filter(|name| !is_learned(name)).find_map(|name| of(Some(name), listener))
}

/// Which of the labels are an anomaly's.
///
/// # Errors
/// That they do not say, and what would.
fn which(labels: &[String], anomaly: Option<&str>, normal: Option<&str>) -> Result<Vec<bool>, String> {
    let number = |word: &str| word.trim().parse::<f64>().ok();
    let is_same = |one: &str, other: &str| {
        one.eq_ignore_ascii_case(other) || number(one).is_some_and(|one| Some(one) == number(other))
    };
    let kinds: BTreeSet<&str> = labels.iter().map(String::as_str).collect();
    let named = || kinds.iter().take(8).copied().collect::<Vec<_>>().join(", ");
    if kinds.len() < 2 {
        return Err(format!("all rows have the same label ({})", named()));
    }
    if let Some(anomaly) = anomaly {
        let found: Vec<bool> = labels.iter().map(|label| is_same(label, anomaly)).collect();
        return if found.contains(&true) {
            Ok(found)
        } else {
            Err(format!("no label is `{anomaly}`: they are {}", named()))
        };
    }
    if let Some(normal) = normal.filter(|normal| kinds.iter().any(|kind| is_same(kind, normal))) {
        return Ok(labels.iter().map(|label| !is_same(label, normal)).collect());
    }
    let is_one_of = |kind: &str, known: &[&str]| known.iter().any(|known| kind.eq_ignore_ascii_case(known));
    if kinds.iter().any(|kind| is_one_of(kind, &ANOMALIES)) {
        return Ok(labels.iter().map(|label| is_one_of(label, &ANOMALIES)).collect());
    }
    if kinds.iter().any(|kind| is_one_of(kind, &NORMALS)) {
        return Ok(labels.iter().map(|label| !is_one_of(label, &NORMALS)).collect());
    }
    let are = |one: f64, other: f64| {
        let has = |value| kinds.iter().any(|kind| number(kind) == Some(value));
        has(one) && has(other) && kinds.iter().all(|kind| [Some(one), Some(other)].contains(&number(kind)))
    };
    let odd = |value: f64| labels.iter().map(|label| number(label) == Some(value)).collect();
    if are(0.0, 1.0) {
        return Ok(odd(1.0));
    }
    // As scikit-learn has it.
    if are(-1.0, 1.0) {
        return Ok(odd(-1.0));
    }
    Err(format!("its labels are {}: say which is the anomaly's", named()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[&str], anomaly: Option<&str>, normal: Option<&str>) -> Result<Vec<bool>, String> {
        which(&labels.iter().map(|&label| label.to_owned()).collect::<Vec<_>>(), anomaly, normal)
    }

    #[test]
    fn the_usual_forms_say_which_is_the_anomaly() {
        let first = vec![true, false, false];
        for labels in [
            ["1", "0", "0"],
            ["1.0", "0.0", "0"],
            ["-1", "1", "1"],
            ["anomaly", "normal", "normal"],
            ["scratch", "good", "good"],
            ["Outlier", "x", "x"],
        ] {
            assert_eq!(of(&labels, None, None), Ok(first.clone()), "{labels:?}");
        }
        assert_eq!(of(&["a", "b", "b"], Some("a"), None), Ok(first.clone()));
        assert_eq!(of(&["7", "3", "3"], None, Some("3.000")), Ok(first));
    }

    #[test]
    fn what_does_not_say_is_refused_with_the_way_out() {
        assert!(of(&["a", "b"], None, None).expect_err("refused").contains("which is the anomaly"));
        assert!(of(&["1", "1"], None, None).expect_err("refused").contains("same"));
        assert!(of(&["a", "b"], Some("c"), None).expect_err("refused").contains("a, b"));
    }
}
