//! Training, validation and test parts that never overlap.

use std::sync::Arc;

use autoencoder_core::{RangeError, Seed, Source, Subset};
use rand::seq::SliceRandom;

use crate::{DataSet, DatasetError};

/// The parts of a data set.
pub struct Splits {
    /// What is learned from.
    pub train: Arc<dyn Source>,
    /// What the best epoch is chosen by.
    pub validation: Arc<dyn Source>,
    /// What is reported.
    pub test: Arc<dyn Source>,
}

/// Splits a set in an order that `seed` decides: the share `validation` of the training examples for
/// validation and, where the set has no test part of its own, the share `test` for the test.
///
/// ```
/// use autoencoder_core::Seed;
/// use autoencoder_datasets::{DataFolder, DatasetError, Wanted, open, split};
///
/// let wanted = Wanted { examples: Some(100), ..Wanted::all("swiss-roll", Seed::new(1)) };
/// let parts = split(open(wanted, &DataFolder::new(None))?, 0.2, 0.1, Seed::new(1))?;
/// // The set comes with a test part of its own.
/// assert_eq!((parts.train.len(), parts.validation.len()), (80, 20));
/// # Ok::<(), DatasetError>(())
/// ```
///
/// # Errors
/// [`DatasetError::OutOfRange`], [`DatasetError::EmptyPart`] naming the key.
pub fn split(set: DataSet, validation: f64, test: f64, seed: Seed) -> Result<Splits, DatasetError> {
    let examples = set.train.len();
    let count = |key, share: f64, part| -> Result<usize, DatasetError> {
        RangeError::check(key, share, share > 0.0 && share < 1.0, "above 0 and below 1")?;
        match (share * examples as f64).round() as usize {
            0 => Err(DatasetError::EmptyPart { key, share, examples, part }),
            count => Ok(count),
        }
    };
    let validation_count = count("data.validation", validation, "validation")?;
    let test_count = if set.test.is_none() { count("data.test", test, "test")? } else { 0 };
    let Some(train_count) = examples.checked_sub(validation_count + test_count).filter(|&count| count > 0)
    else {
        return Err(DatasetError::EmptyPart {
            key: "data.validation",
            share: validation,
            examples,
            part: "training",
        });
    };
    let mut rows: Vec<usize> = (0..examples).collect();
    rows.shuffle(&mut seed.stream("split").rng());
    let part = |range: std::ops::Range<usize>| -> Result<Arc<dyn Source>, DatasetError> {
        Ok(Arc::new(Subset::new(Arc::clone(&set.train), rows[range].to_vec())?))
    };
    Ok(Splits {
        train: part(0..train_count)?,
        validation: part(train_count..train_count + validation_count)?,
        test: match set.test {
            Some(test) => test,
            None => part(train_count + validation_count..examples)?,
        },
    })
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::Rows;
    use proptest::prelude::*;

    use super::*;

    fn set(examples: usize) -> DataSet {
        let rows = Rows::new(1, (0..examples).map(|row| row as f32).collect());
        DataSet {
            name: "rows".to_owned(),
            train: Arc::new(rows),
            test: None,
            test_masks: None,
            file: None,
            columns: None,
            names_of_classes: Vec::new(),
            left_out: Vec::new(),
        }
    }

    fn values(source: &dyn Source) -> Vec<usize> {
        let values = source.read(0..source.len()).expect("rows");
        values.into_iter().map(|value| value as usize).collect()
    }

    proptest! {
        #[test]
        fn parts_never_overlap_and_together_are_everything(examples in 10_usize..300, seed: u64) {
            let Splits { train, validation, test } = split(set(examples), 0.2, 0.3, Seed::new(seed)).expect("parts");
            let mut all = [values(train.as_ref()), values(validation.as_ref()), values(test.as_ref())].concat();
            prop_assert_eq!(validation.len(), (examples as f64 * 0.2).round() as usize);
            all.sort_unstable();
            prop_assert_eq!(all, (0..examples).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_seed_decides_the_split() {
        let train = |seed| values(split(set(50), 0.2, 0.2, Seed::new(seed)).expect("parts").train.as_ref());
        assert_eq!(train(1), train(1));
        assert_ne!(train(1), train(2));
    }

    #[test]
    fn empty_parts_and_bad_shares_name_their_key() {
        let error = |validation, test| {
            split(set(4), validation, test, Seed::new(1)).err().expect("refused").to_string()
        };
        assert!(error(0.01, 0.3).contains("data.validation"));
        assert!(error(0.3, 1.5).contains("data.test"));
        assert!(error(0.5, 0.5).contains("training"));
    }
}
