//! The weight of a penalty: a number, or a ramp over the training.

use autoencoder_core::RangeError;
use serde::{Deserialize, Serialize};

/// The `λ` of a penalty. In a configuration either `weight = 1e-3`, or a ramp that starts the training
/// without the penalty: `weight = { from = 0.0, to = 1e-3, until = 0.5 }`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, expecting = "expected a number, or a ramp such as { from = 0.0, to = 1e-3, until = 0.5 }")]
pub enum PenaltyWeight {
    /// The same in every step.
    Constant(f64),
    /// Linear in the steps, then constant.
    Ramp(Ramp),
}

/// A weight that goes linearly from one value to another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// The weight of the first step.
    pub from: f64,
    /// The weight from `until` on.
    pub to: f64,
    /// The share of the training's steps after which `to` is reached, in `(0, 1]`.
    pub until: f64,
}

impl From<f64> for PenaltyWeight {
    fn from(weight: f64) -> Self {
        Self::Constant(weight)
    }
}

impl PenaltyWeight {
    /// The weight at a share of the training in `[0, 1]`.
    pub fn at(self, progress: f64) -> f64 {
        match self {
            Self::Constant(weight) => weight,
            Self::Ramp(Ramp { from, to, until }) => from + (to - from) * (progress / until).min(1.0),
        }
    }

    /// The share of the training after which it no longer changes.
    pub fn settled(self) -> f64 {
        match self {
            Self::Constant(_) => 0.0,
            Self::Ramp(Ramp { until, .. }) => until,
        }
    }

    /// Checks that every weight on the way is finite and at least 0.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(self) -> Result<(), RangeError> {
        match self {
            Self::Constant(weight) => RangeError::check_magnitude("weight", weight),
            Self::Ramp(Ramp { from, to, until }) => {
                RangeError::check_magnitude("weight.from", from)?;
                RangeError::check_magnitude("weight.to", to)?;
                RangeError::check_share("weight.until", until)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> Result<PenaltyWeight, serde_json::Error> {
        serde_json::from_value(json)
    }

    #[test]
    fn a_number_is_constant_and_a_ramp_reaches_its_end_in_time() {
        let constant = read(serde_json::json!(2)).expect("a weight");
        assert_eq!([0.0, 0.5, 1.0].map(|progress| constant.at(progress)), [2.0; 3]);
        let ramp = read(serde_json::json!({ "from": 1.0, "to": 3.0, "until": 0.5 })).expect("a weight");
        assert_eq!([0.0, 0.25, 0.5, 1.0].map(|progress| ramp.at(progress)), [1.0, 2.0, 3.0, 3.0]);
    }

    #[test]
    fn what_is_neither_is_refused_with_an_example() {
        for bad in [serde_json::json!("much"), serde_json::json!({ "from": 0.0, "to": 1.0, "untl": 1.0 })] {
            let message = read(bad).expect_err("refused").to_string();
            assert!(message.contains("until = 0.5"), "{message}");
        }
    }

    #[test]
    fn each_number_of_a_ramp_is_checked() {
        let ramp = |from, to, until| PenaltyWeight::Ramp(Ramp { from, to, until }).check();
        assert_eq!(ramp(0.0, 1.0, 1.0), Ok(()));
        for (result, key) in [
            (ramp(-1.0, 1.0, 1.0), "weight.from"),
            (ramp(0.0, f64::NAN, 1.0), "weight.to"),
            (ramp(0.0, 1.0, 0.0), "weight.until"),
        ] {
            assert_eq!(result.expect_err("refused").key, key);
        }
    }
}
