//! What can be wrong with a corruption's or a penalty's numbers.

/// A number outside its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key} = {value} is out of range: give a number {expected}")]
pub struct RegularizerError {
    /// The key, as in the configuration.
    pub key: &'static str,
    /// Its value.
    pub value: f64,
    /// The range, in words.
    pub expected: &'static str,
}

impl RegularizerError {
    /// Checks that a probability is one.
    pub(crate) fn check_probability(key: &'static str, value: f64) -> Result<(), Self> {
        match (0.0..=1.0).contains(&value) {
            true => Ok(()),
            false => Err(Self { key, value, expected: "from 0 to 1" }),
        }
    }

    /// Checks that a share of a whole is one, and not nothing.
    pub(crate) fn check_share(key: &'static str, value: f64) -> Result<(), Self> {
        match value > 0.0 && value <= 1.0 {
            true => Ok(()),
            false => Err(Self { key, value, expected: "above 0 and at most 1" }),
        }
    }

    /// Checks that a weight or a standard deviation is at least 0 and finite.
    pub(crate) fn check_magnitude(key: &'static str, value: f64) -> Result<(), Self> {
        match value >= 0.0 && value.is_finite() {
            true => Ok(()),
            false => Err(Self { key, value, expected: "that is finite and at least 0" }),
        }
    }
}
