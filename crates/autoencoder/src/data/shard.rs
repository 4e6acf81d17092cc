//! One part of a file's rows, so that several machines can share it.

use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use autoencoder_core::{DataError, Source, Subset};
use autoencoder_datasets::Heading;

/// The part `number` of `of` parts, counted from 1. The parts' rows one after the other are all rows.
///
/// ```
/// use autoencoder::data::Shard;
///
/// let second: Shard = "2/3".parse().expect("a part");
/// assert_eq!(second.rows(10), 3..6);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    number: usize,
    of: usize,
}

impl Shard {
    /// All rows.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Whether it is all rows.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }

    /// Of its `.csv` file: only the first part's names the columns.
    pub(crate) fn heading(self) -> Heading {
        if self.number == 1 { Heading::Names } else { Heading::Continued }
    }

    /// Which of `rows` rows are its.
    pub fn rows(self, rows: usize) -> Range<usize> {
        let end = |number: usize| (rows as u128 * number as u128 / self.of as u128) as usize;
        end(self.number - 1)..end(self.number)
    }

    /// Its rows of `source`, with those around them that are computed with them, in groups that end at multiples
    /// of `together`. So each row is computed beside the same others as in the whole, which gives it the same bits.
    ///
    /// # Errors
    /// None: all rows are there.
    pub(crate) fn cut(self, source: Arc<dyn Source>, together: usize) -> Result<Cut, DataError> {
        let rows = self.rows(source.len());
        let (start, end) = if rows.is_empty() {
            (rows.start, rows.start)
        } else {
            (rows.start / together * together, rows.end.next_multiple_of(together).min(source.len()))
        };
        let computed = Subset::new(source, (start..end).collect())?;
        Ok(Cut { kept: rows.start - start..rows.end - start, rows, computed: Arc::new(computed) })
    }
}

/// A shard's rows of a source.
pub(crate) struct Cut {
    /// Which of the source's they are.
    pub(crate) rows: Range<usize>,
    /// They and what is computed with them.
    pub(crate) computed: Arc<dyn Source>,
    kept: Range<usize>,
}

impl Cut {
    /// What belongs to the shard's rows, of `width` values for each computed row.
    pub(crate) fn keep<T: Copy>(&self, values: &[T], width: usize) -> Vec<T> {
        values[self.kept.start * width..self.kept.end * width].to_vec()
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let numbers =
            word.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match numbers {
            Some((number, of)) if (1..=of).contains(&number) => Ok(Self { number, of }),
            _ => Err("write I/N with I from 1 to N, such as 2/8 for the second of eight parts".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::ExampleShape;
    use autoencoder_datasets::Matrix;

    use super::*;

    #[test]
    fn parts_one_after_the_other_are_all_rows_whatever_is_computed_together() {
        for (rows, of, together) in [(10, 3, 4), (3, 8, 4), (0, 2, 4), (100, 7, 16), (64, 4, 16)] {
            let source: Arc<dyn Source> =
                Arc::new(Matrix::new(ExampleShape::Flat(1), (0..rows).map(|row| row as f32).collect()));
            let mut all = Vec::new();
            for number in 1..=of {
                let cut = Shard { number, of }.cut(Arc::clone(&source), together).expect("rows");
                let computed = cut.computed.read(0..cut.computed.len()).expect("values");
                if let (Some(first), Some(last)) = (computed.first(), computed.last()) {
                    assert_eq!(*first as usize % together, 0);
                    assert!((*last as usize + 1).is_multiple_of(together) || *last as usize + 1 == rows);
                }
                all.extend(cut.keep(&computed, 1));
            }
            assert_eq!(all, (0..rows).map(|row| row as f32).collect::<Vec<_>>(), "{rows} {of} {together}");
        }
    }

    #[test]
    fn only_parts_that_there_are_can_be_asked_for() {
        assert_eq!("2/8".parse(), Ok(Shard { number: 2, of: 8 }));
        for wrong in ["", "1", "0/2", "3/2", "1/0", "-1/2", "a/b", "1/2/3"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
