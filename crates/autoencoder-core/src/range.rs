//! A number outside its range, wherever in a configuration it stands.

use std::borrow::Cow;

/// A number outside its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{key} = {value} is out of range: give a number {expected}")]
pub struct RangeError {
    /// The dotted key, as in the configuration.
    pub key: Cow<'static, str>,
    /// Its value.
    pub value: f64,
    /// The range, in words.
    pub expected: &'static str,
}

impl RangeError {
    /// Refuses a number that is not `within` what is `expected` of it.
    ///
    /// # Errors
    /// The number with its key.
    pub fn check(key: &'static str, value: f64, within: bool, expected: &'static str) -> Result<(), Self> {
        if within { Ok(()) } else { Err(Self { key: key.into(), value, expected }) }
    }

    /// The same number under `prefix` and its key, where a table stands in another place than its kind knows of.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { key: format!("{prefix}{}", self.key).into(), ..self }
    }

    /// Checks that a probability is one.
    ///
    /// ```
    /// use autoencoder_core::RangeError;
    ///
    /// assert!(RangeError::check_probability("corruption.probability", 0.25).is_ok());
    /// let error = RangeError::check_probability("corruption.probability", 2.0).unwrap_err();
    /// assert!(error.to_string().contains("corruption.probability"));
    /// ```
    ///
    /// # Errors
    /// The number with its key.
    pub fn check_probability(key: &'static str, value: f64) -> Result<(), Self> {
        Self::check(key, value, (0.0..=1.0).contains(&value), "from 0 to 1")
    }

    /// Checks that a share of a whole is one, and not nothing.
    ///
    /// # Errors
    /// The number with its key.
    pub fn check_share(key: &'static str, value: f64) -> Result<(), Self> {
        Self::check(key, value, value > 0.0 && value <= 1.0, "above 0 and at most 1")
    }

    /// Checks that a weight or a standard deviation is at least 0 and finite.
    ///
    /// # Errors
    /// The number with its key.
    pub fn check_magnitude(key: &'static str, value: f64) -> Result<(), Self> {
        Self::check(key, value, value >= 0.0 && value.is_finite(), "that is finite and at least 0")
    }

    /// Checks that there is at least one of something.
    ///
    /// # Errors
    /// The number with its key.
    pub fn check_count(key: &'static str, count: usize) -> Result<(), Self> {
        Self::check(key, count as f64, count > 0, "of at least 1")
    }
}
