//! The classes of labelled data, numbered from 0.

use std::sync::Arc;

use autoencoder_core::{DataError, ExampleShape, Source};

use crate::Error;
use crate::data::Parts;

/// The most classes that are learned: more are numbers rather than classes.
const MOST: usize = 10_000;

/// The labels that occur in a training part, in order; the number of a class is its place.
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
        let bad = |found: &'static str| Error::NoClasses { found };
        let mut labels = parts.train.labels().ok_or(bad("no labels"))?.to_vec();
        labels.sort_unstable();
        labels.dedup();
        match labels.len() {
            0 | 1 => return Err(bad("labels of one class only")),
            count if count > MOST => return Err(bad("more than 10 000 labels")),
            _ => {}
        }
        let name =
            |&label: &i64| match usize::try_from(label).ok().and_then(|at| parts.names_of_classes.get(at)) {
                Some(name) => name.clone(),
                None => label.to_string(),
            };
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
