//! The labels of data, numbered from 0: classes, or numbers to be told.

use std::sync::Arc;

use autoencoder_core::{DataError, ExampleShape, Source};

use crate::data::parts::Parts;
use crate::error::Error;

/// The most classes that are learned: more are numbers rather than classes.
const MOST: usize = 10_000;

/// The labels that occur, in order; the number of a label is its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Classes {
    labels: Vec<i64>,
    /// What they are called.
    pub(crate) names: Vec<String>,
}

impl Classes {
    /// The classes of the training part.
    ///
    /// # Errors
    /// [`Error::NoClasses`] where there are no labels, one class only, or too many.
    pub(crate) fn of(parts: &Parts) -> Result<Self, Error> {
        let classes = Self::among(parts, &[&parts.train])?;
        match classes.labels.len() {
            0 | 1 => Err(Error::NoClasses { found: "labels of one class only" }),
            count if count > MOST => Err(Error::NoClasses { found: "more than 10 000 labels" }),
            _ => Ok(classes),
        }
    }

    /// The labels of all parts, and the number that each of them is.
    ///
    /// # Errors
    /// [`Error::NoClasses`] where there are no labels, [`Error::NotANumber`] where one is a word.
    pub(crate) fn numbers(parts: &Parts) -> Result<(Self, Vec<f32>), Error> {
        let all = Self::among(parts, &[&parts.train, &parts.validation, &parts.test])?;
        let number = |name: &String| match name.parse::<f32>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(Error::NotANumber { label: name.clone() }),
        };
        let numbers = all.names.iter().map(number).collect::<Result<_, _>>()?;
        Ok((all, numbers))
    }

    fn among(parts: &Parts, sources: &[&Arc<dyn Source>]) -> Result<Self, Error> {
        let mut labels = Vec::new();
        for source in sources {
            labels.extend(source.labels().ok_or(Error::NoClasses { found: "no labels" })?);
        }
        labels.sort_unstable();
        labels.dedup();
        let called = |&label: &i64| usize::try_from(label).ok().and_then(|at| parts.names_of_classes.get(at));
        let name = |label: &i64| called(label).cloned().unwrap_or_else(|| label.to_string());
        Ok(Self { names: labels.iter().map(name).collect(), labels })
    }

    /// A part with the numbers of its examples' classes for labels.
    ///
    /// # Errors
    /// [`Error::UnknownClass`] where a label does not occur in the training part.
    pub(crate) fn number(&self, part: &Arc<dyn Source>) -> Result<Arc<dyn Source>, Error> {
        let number = |label: &i64| self.labels.binary_search(label).map(|number| number as i64);
        let labels: Result<Vec<i64>, usize> = part.labels().into_iter().flatten().map(number).collect();
        match labels {
            Ok(labels) => Ok(Arc::new(Numbered { source: Arc::clone(part), labels })),
            Err(_) => Err(Error::UnknownClass),
        }
    }
}

/// A source with other labels.
struct Numbered {
    source: Arc<dyn Source>,
    labels: Vec<i64>,
}

impl Source for Numbered {
    fn shape(&self) -> ExampleShape {
        self.source.shape()
    }

    fn len(&self) -> usize {
        self.source.len()
    }

    fn rows(&self, index: &[usize], out: &mut [f32]) -> Result<(), DataError> {
        self.source.rows(index, out)
    }

    fn labels(&self) -> Option<&[i64]> {
        Some(&self.labels)
    }

    fn value_range(&self) -> Option<(f32, f32)> {
        self.source.value_range()
    }
}
