//! The classes of rows: a number each, and what it is called where the file has words.

use std::collections::BTreeSet;
use std::sync::Arc;

use autoencoder_core::{Source, Subset};

use crate::{DataSet, DatasetError};

/// The class of each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Classes {
    pub(crate) labels: Vec<i64>,
    /// What each number is called; empty where the numbers are the file's own.
    pub(crate) names: Vec<String>,
}

impl Classes {
    /// A number for each word: the word itself where all are integers, else its place in alphabetical order.
    pub(crate) fn of_words(words: &[String]) -> Self {
        if let Some(labels) = words.iter().map(|word| integer(word)).collect() {
            return Self { labels, names: Vec::new() };
        }
        let known: Vec<&String> = words.iter().collect::<BTreeSet<_>>().into_iter().collect();
        let place = |word: &String| known.binary_search(&word).map_or(-1, |place| place as i64);
        Self {
            labels: words.iter().map(place).collect(),
            names: known.iter().map(|&word| word.clone()).collect(),
        }
    }
}

/// The integer that a word is, written `1` or `1.000`.
fn integer(word: &str) -> Option<i64> {
    let whole = match word.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => word,
    };
    whole.parse().ok()
}

/// Whether both words are one number.
pub(crate) fn same_number(one: &str, other: &str) -> bool {
    let number = |word: &str| word.parse::<f64>().ok();
    number(one).is_some_and(|one| Some(one) == number(other))
}

/// Those examples of a set, of its test part too, that are of the class of that name.
///
/// # Errors
/// [`DatasetError::NoClass`] naming what there is.
pub(crate) fn only(set: DataSet, class: &str) -> Result<DataSet, DatasetError> {
    let none =
        |remedy: String| DatasetError::NoClass { name: set.name.clone(), class: class.to_owned(), remedy };
    let Some(labels) = set.train.labels() else {
        return Err(none(
            "its rows have no classes: name the column that holds them with data.label".to_owned(),
        ));
    };
    let is_it = |name: &String| name == class || same_number(name, class);
    let number = match set.names_of_classes.iter().position(is_it) {
        Some(place) => Some(place as i64),
        None => integer(class).filter(|_| set.names_of_classes.is_empty()),
    };
    let Some(number) = number.filter(|number| labels.contains(number)) else {
        let known: BTreeSet<String> = labels
            .iter()
            .map(|&label| set.names_of_classes.get(label as usize).cloned().unwrap_or(label.to_string()))
            .collect();
        return Err(none(format!("it has {}", known.into_iter().collect::<Vec<_>>().join(", "))));
    };
    let of = |part: &Arc<dyn Source>| -> Result<Arc<dyn Source>, DatasetError> {
        let labels = part.labels().unwrap_or_default();
        let rows = (0..part.len()).filter(|&row| labels.get(row) == Some(&number)).collect();
        Ok(Arc::new(Subset::new(Arc::clone(part), rows)?))
    };
    let (train, test) = (of(&set.train)?, set.test.as_ref().map(of).transpose()?);
    Ok(DataSet { train, test, ..set })
}

#[cfg(test)]
mod tests {
    use autoencoder_core::ExampleShape;

    use super::*;
    use crate::Matrix;

    fn set(words: &[&str]) -> DataSet {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let Classes { labels, names } = Classes::of_words(&words);
        let values = (0..words.len()).map(|row| row as f32).collect();
        let part: Arc<dyn Source> = Arc::new(Matrix::new(ExampleShape::Flat(1), values).with_labels(labels));
        DataSet {
            name: "rows".to_owned(),
            test: Some(Arc::clone(&part)),
            train: part,
            test_masks: None,
            file: None,
            columns: None,
            names_of_classes: names,
            left_out: Vec::new(),
        }
    }

    fn rows(part: &dyn Source) -> Vec<f32> {
        part.read(0..part.len()).expect("rows")
    }

    #[test]
    fn rows_of_one_class_are_found_by_its_word_or_number() {
        let kept = only(set(&["good", "bad", "good"]), "good").expect("a class");
        assert_eq!(rows(kept.train.as_ref()), [0.0, 2.0]);
        assert_eq!(rows(kept.test.expect("a test part").as_ref()), [0.0, 2.0]);
        let kept = only(set(&["7", "-1", "7", "0"]), "-1").expect("a class");
        assert_eq!(rows(kept.train.as_ref()), [1.0]);
    }

    #[test]
    fn a_class_that_is_not_there_is_refused_with_those_that_are() {
        let error = |words: &[&str], class| only(set(words), class).err().expect("refused").to_string();
        assert!(error(&["good", "bad"], "1").contains("bad, good"));
        assert!(error(&["7", "0"], "1").contains("0, 7"));
        let without =
            DataSet { train: Arc::new(Matrix::new(ExampleShape::Flat(1), vec![1.0])), ..set(&["a"]) };
        assert!(only(without, "a").err().expect("refused").to_string().contains("data.label"));
    }
}
