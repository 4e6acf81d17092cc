//! Learning-rate schedules: how the rate moves from the first step to the last.

use std::f64::consts::PI;

use autoencoder_core::{Kind, RangeError};
use serde::{Deserialize, Serialize};

/// A schedule as the configuration names it. Each is a factor on the optimiser's learning rate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ScheduleConfig {
    /// Always 1.
    Constant(Constant),
    /// Up and down again (Smith and Topin 2019).
    OneCycle(OneCycle),
    /// Half a cosine down (Loshchilov and Hutter 2017, without restarts).
    Cosine(Cosine),
    /// A straight line down.
    Linear(Linear),
    /// Down by a factor every so often.
    Step(Step),
    /// Down by the same factor over the whole run, a little each step.
    Exponential(Exponential),
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self::OneCycle(OneCycle::default())
    }
}

/// The rate as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Constant {}

/// From `initial` up to 1 over the first `warm_up` of the steps, then down to `last`, both along
/// half a cosine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OneCycle {
    /// The share of all steps spent going up, in `[0, 1)`.
    pub warm_up: f64,
    /// The factor at the first step.
    pub initial: f64,
    /// The factor at the last step.
    #[serde(rename = "final")]
    pub last: f64,
}

impl Default for OneCycle {
    fn default() -> Self {
        Self { warm_up: 0.15, initial: 0.04, last: 1e-3 }
    }
}

/// From 1 down to `last` along half a cosine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cosine {
    /// The factor at the last step.
    #[serde(rename = "final")]
    pub last: f64,
}

/// From 1 down to `last` in a straight line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Linear {
    /// The factor at the last step.
    #[serde(rename = "final")]
    pub last: f64,
}

/// Times `factor` after each `every` of the run.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// The share of all steps between two drops, in `(0, 1]`.
    pub every: f64,
    /// What the rate is multiplied by, in `(0, 1]`.
    pub factor: f64,
}

impl Default for Step {
    fn default() -> Self {
        Self { every: 0.25, factor: 0.3 }
    }
}

/// `last^(step / steps)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exponential {
    /// The factor at the last step, in `(0, 1]`.
    #[serde(rename = "final")]
    pub last: f64,
}

impl Default for Exponential {
    fn default() -> Self {
        Self { last: 0.01 }
    }
}

impl ScheduleConfig {
    /// The schedules a configuration may name.
    pub const KINDS: &[Kind] = &[
        Kind { name: "constant", summary: "the rate as it is" },
        Kind { name: "one-cycle", summary: "up to the rate over warm_up, then down to almost nothing" },
        Kind { name: "cosine", summary: "half a cosine down" },
        Kind { name: "linear", summary: "a straight line down" },
        Kind { name: "step", summary: "times a factor every share of the run" },
        Kind { name: "exponential", summary: "times the same factor every step" },
    ];

    /// Checks the numbers.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        let share = |key, value, open: bool| match open {
            true => RangeError::check_share(key, value),
            false => RangeError::check_probability(key, value),
        };
        match *self {
            Self::Constant(_) => Ok(()),
            Self::OneCycle(OneCycle { warm_up, initial, last }) => {
                share("train.schedule.warm_up", warm_up, false)
                    .and(share("train.schedule.initial", initial, false))
                    .and(share("train.schedule.final", last, false))
            }
            Self::Cosine(Cosine { last }) | Self::Linear(Linear { last }) => {
                share("train.schedule.final", last, false)
            }
            Self::Step(Step { every, factor }) => {
                share("train.schedule.every", every, true).and(share("train.schedule.factor", factor, true))
            }
            Self::Exponential(Exponential { last }) => share("train.schedule.final", last, true),
        }
    }

    /// Whether the rate of a step changes where the run is made longer.
    pub fn depends_on_epochs(&self) -> bool {
        !matches!(self, Self::Constant(_))
    }

    /// The factor on the learning rate at `step` (from 0) of `steps`.
    ///
    /// ```
    /// use autoencoder_train::{Cosine, ScheduleConfig};
    ///
    /// let schedule = ScheduleConfig::Cosine(Cosine::default());
    /// assert!(schedule.factor(0, 100) > schedule.factor(50, 100));
    /// assert!(schedule.depends_on_epochs());
    /// ```
    pub fn factor(&self, step: usize, steps: usize) -> f64 {
        // The share of the run done, 0 at the first step and 1 at the last.
        let done = if steps > 1 { step.min(steps - 1) as f64 / (steps - 1) as f64 } else { 0.0 };
        match *self {
            Self::Constant(_) => 1.0,
            Self::OneCycle(OneCycle { warm_up, initial, .. }) if done < warm_up => {
                half_cosine(initial, 1.0, done / warm_up)
            }
            Self::OneCycle(OneCycle { warm_up, last, .. }) => {
                half_cosine(1.0, last, (done - warm_up) / (1.0 - warm_up).max(f64::EPSILON))
            }
            Self::Cosine(Cosine { last }) => half_cosine(1.0, last, done),
            Self::Linear(Linear { last }) => 1.0 + (last - 1.0) * done,
            Self::Step(Step { every, factor }) => {
                // A drop at the very end would come after the last step. The margin is for shares such as
                // 0.1, of which three tenths are not quite three.
                let share = step.min(steps) as f64 / steps.max(1) as f64;
                factor.powf((share / every + 1e-9).floor())
            }
            Self::Exponential(Exponential { last }) => last.powf(done),
        }
    }
}

fn half_cosine(from: f64, to: f64, share: f64) -> f64 {
    to + (from - to) * (1.0 + (PI * share).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [ScheduleConfig; 6] = [
        ScheduleConfig::Constant(Constant {}),
        ScheduleConfig::OneCycle(OneCycle { warm_up: 0.25, initial: 0.04, last: 0.001 }),
        ScheduleConfig::Cosine(Cosine { last: 0.1 }),
        ScheduleConfig::Linear(Linear { last: 0.1 }),
        ScheduleConfig::Step(Step { every: 0.5, factor: 0.3 }),
        ScheduleConfig::Exponential(Exponential { last: 0.01 }),
    ];

    #[test]
    fn schedules_start_turn_and_end_where_they_say() {
        // Steps 0, 50 and 100 of 101 are the start, the middle and the end of the run.
        let at = |config: &ScheduleConfig| [0, 50, 100].map(|step| config.factor(step, 101));
        let close = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(close(at(&ALL[0]), [1.0, 1.0, 1.0]));
        assert!(close(
            [ALL[1].factor(0, 101), ALL[1].factor(25, 101), ALL[1].factor(100, 101)],
            [0.04, 1.0, 0.001]
        ));
        assert!(close(at(&ALL[2]), [1.0, 0.55, 0.1]));
        assert!(close(at(&ALL[3]), [1.0, 0.55, 0.1]));
        // A quarter of the way half a cosine has lost a seventh, a straight line a quarter.
        let quarter = |config: &ScheduleConfig| config.factor(25, 101);
        assert!((quarter(&ALL[2]) - (0.1 + 0.9 * (1.0 + 0.5_f64.sqrt()) / 2.0)).abs() < 1e-12);
        assert!((quarter(&ALL[3]) - 0.775).abs() < 1e-12);
        assert!(close(at(&ALL[4]), [1.0, 1.0, 0.3]));
        assert!(close(at(&ALL[5]), [1.0, 0.1, 0.01]));
    }

    #[test]
    fn a_step_schedule_drops_after_each_share_and_not_at_the_end() {
        let config = ScheduleConfig::Step(Step { every: 0.25, factor: 0.5 });
        let factors: Vec<f64> = (0..8).map(|step| config.factor(step, 8)).collect();
        assert_eq!(factors, [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
        let tenths = ScheduleConfig::Step(Step { every: 0.1, factor: 0.5 });
        assert_eq!(tenths.factor(3, 10), 0.125);
    }

    #[test]
    fn only_a_constant_rate_does_not_depend_on_the_number_of_steps() {
        for config in ALL {
            let differs = (1..100).any(|step| config.factor(step, 100) != config.factor(step, 200));
            assert_eq!(config.depends_on_epochs(), differs, "{config:?}");
        }
    }

    #[test]
    fn numbers_outside_their_range_name_their_key() {
        let error = ScheduleConfig::OneCycle(OneCycle { warm_up: 1.5, ..OneCycle::default() }).check();
        assert!(error.expect_err("refused").to_string().contains("train.schedule.warm_up"));
        assert!(ScheduleConfig::Step(Step { every: 0.0, factor: 0.5 }).check().is_err());
    }
}
