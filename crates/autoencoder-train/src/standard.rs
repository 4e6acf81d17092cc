//! Numbers to learn, at mean 0 and deviation 1.

use serde::{Deserialize, Serialize};

/// How numbers were standardised.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Standard {
    /// The mean of the training part's.
    pub mean: f32,
    /// Their standard deviation; 1 where they are all equal.
    pub deviation: f32,
}

impl Standard {
    /// Of the numbers of the training part.
    pub fn of(numbers: impl Iterator<Item = f32> + Clone) -> Self {
        let count = numbers.clone().count().max(1) as f64;
        let mean = numbers.clone().map(f64::from).sum::<f64>() / count;
        let variance = numbers.map(|number| (f64::from(number) - mean).powi(2)).sum::<f64>() / count;
        let deviation = if variance > 0.0 { variance.sqrt() as f32 } else { 1.0 };
        Self { mean: mean as f32, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_equal_have_a_deviation_to_divide_by() {
        assert_eq!(Standard::of([1.0, 3.0].into_iter()), Standard { mean: 2.0, deviation: 1.0 });
        assert_eq!(Standard::of([4.0; 3].into_iter()), Standard { mean: 4.0, deviation: 1.0 });
    }
}
