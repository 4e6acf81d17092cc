//! What a row of a paper's table came to: every trial, and the one that the validation part chose.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::runs::number;
use crate::error::TaskError;

/// What a paper claims, and whether it holds.
pub(crate) type Claims = Vec<(String, bool)>;

/// One configuration, trained and measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trial {
    /// The column of the table it stands for, such as `SDAE-3`.
    pub(crate) column: String,
    /// What was varied, such as `masking 0.25, rate 0.1`.
    pub(crate) settings: String,
    /// What it is chosen by: the share of wrong answers on the validation part.
    pub(crate) validation: f64,
    /// What is chosen by between equals: the cross-entropy on the validation part, in nats an example.
    pub(crate) validation_cross_entropy: f64,
    /// The share of wrong answers on the test part.
    pub(crate) test: f64,
    /// Half the width of the test's 95 % interval.
    pub(crate) interval: f64,
}

impl Trial {
    /// From what `ae finetune` answers.
    pub(crate) fn new(column: &str, settings: String, answers: &Value) -> Result<Self, TaskError> {
        Ok(Self {
            column: column.to_owned(),
            settings,
            validation: number(answers, "/validation/error")?,
            validation_cross_entropy: number(answers, "/validation/cross_entropy")?,
            test: number(answers, "/test/error")?,
            interval: number(answers, "/test/interval")?,
        })
    }
}

/// A chosen trial, trained again with another seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Repeat {
    pub(crate) column: String,
    pub(crate) seed: u64,
    /// The share of wrong answers on the test part.
    pub(crate) test: f64,
}

/// A number beside the trials, such as a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reading {
    pub(crate) name: String,
    pub(crate) value: f64,
    /// Half the width of its 95 % interval; 0 where it has none.
    pub(crate) interval: f64,
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) trials: Vec<Trial>,
    /// In the order of their seeds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) repeats: Vec<Repeat>,
    pub(crate) readings: Vec<Reading>,
    /// The words of `ae train` and `ae finetune`, as they can be repeated.
    pub(crate) commands: Vec<String>,
    /// Wall-clock seconds of all of it, less what was spent on a training that was stopped before its end.
    pub(crate) seconds: f64,
    /// Where the seconds were measured, such as `2 cores with AVX-512`; empty where that was not noted.
    #[serde(default)]
    pub(crate) machine: String,
}

impl Row {
    /// The trial of a column that is least often wrong on the validation part; of equals, the one of the least
    /// cross-entropy there.
    pub(crate) fn chosen(&self, column: &str) -> Option<&Trial> {
        let trials = self.trials.iter().filter(|trial| trial.column == column);
        let entropies =
            |a: &Trial, b: &Trial| a.validation_cross_entropy.total_cmp(&b.validation_cross_entropy);
        trials.min_by(|a, b| a.validation.total_cmp(&b.validation).then_with(|| entropies(a, b)))
    }

    /// The test errors of the trial that was chosen of a column, with the row's own seed and then with others.
    pub(crate) fn test_errors(&self, column: &str) -> Vec<f64> {
        let own = self.chosen(column).map(|trial| trial.test);
        let others = self.repeats.iter().filter(|repeat| repeat.column == column).map(|repeat| repeat.test);
        own.into_iter().chain(others).collect()
    }

    pub(crate) fn reading(&self, name: &str) -> Option<&Reading> {
        self.readings.iter().find(|reading| reading.name == name)
    }

    pub(crate) fn read(&mut self, name: &str, value: f64, interval: f64) {
        self.readings.push(Reading { name: name.to_owned(), value, interval });
    }
}

/// `1.99 +- 0.12`, in percent.
pub(crate) fn percent(share: f64, interval: f64) -> String {
    format!("{:.2} ± {:.2}", 100.0 * share, 100.0 * interval)
}

/// How much ours is more than the paper's: `+0.12`.
pub(crate) fn difference(ours: f64, paper: f64) -> String {
    // Rounded first and added to zero, so that what rounds to nothing has no minus sign.
    format!("{:+.2}", (100.0 * (ours - paper)).round() / 100.0 + 0.0)
}

/// Whether the first is below the second by more than both intervals together, as numbers drawn independently would be
/// once in twenty times at most.
pub(crate) fn is_below(a: (f64, f64), b: (f64, f64)) -> bool {
    b.0 - a.0 > a.1.hypot(b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_validation_part_chooses_and_the_test_part_has_no_say() {
        let trial = |column: &str, validation, validation_cross_entropy, test| Trial {
            column: column.to_owned(),
            settings: String::new(),
            validation,
            validation_cross_entropy,
            test,
            interval: 0.0,
        };
        let trials = vec![
            trial("a", 0.3, 0.1, 0.1),
            trial("a", 0.2, 0.7, 0.0),
            trial("a", 0.2, 0.6, 0.5),
            trial("b", 0.1, 0.1, 0.1),
            trial("a", 0.2, 0.8, 0.0),
        ];
        let row = Row { trials, ..Row::default() };
        assert_eq!(row.chosen("a").map(|trial| trial.test), Some(0.5));
        assert_eq!(row.chosen("c"), None);
    }

    #[test]
    fn a_difference_has_its_sign_and_nothing_has_plus() {
        assert_eq!(difference(2.796, 3.0), "-0.20");
        assert_eq!(difference(13.867, 13.87), "+0.00");
        assert_eq!(difference(3.2, 2.84), "+0.36");
    }

    #[test]
    fn below_means_outside_both_intervals() {
        assert!(is_below((0.10, 0.003), (0.11, 0.004)));
        assert!(!is_below((0.10, 0.006), (0.11, 0.008)));
        assert!(!is_below((0.11, 0.0), (0.10, 0.0)));
    }
}
