//! Learning-rate schedules, one file each: how the rate moves from the first step to the last.

use std::f64::consts::PI;

use autoencoder_core::{Kind, RangeError};
use serde::{Deserialize, Serialize};

/// Writes, from one line per schedule, its module and the configuration that names one.
macro_rules! schedules {
    ($($module:ident::$type:ident as $variant:ident = $name:literal, $summary:literal;)+) => {
        $(mod $module;)+
        $(pub use $module::$type;)+

        /// A schedule as the configuration names it. Each is a factor on the optimiser's learning rate.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "each variant is documented at the type it holds")]
        pub enum ScheduleConfig {
            $($variant($type),)+
        }

        impl ScheduleConfig {
            /// The schedules a configuration may name.
            pub const KINDS: &[Kind] = &[$(Kind { name: $name, summary: $summary },)+];

            fn schedule(&self) -> &dyn Schedule {
                match self { $(Self::$variant(schedule) => schedule,)+ }
            }
        }
    };
}

// One line a schedule: its file and type, its name, what it does.
schedules! {
    constant::Constant as Constant = "constant", "the rate as it is";
    one_cycle::OneCycle as OneCycle = "one-cycle", "up to the rate over warm_up, then down to almost nothing";
    cosine::CosineDecay as Cosine = "cosine", "half a cosine down";
    linear::LinearDecay as Linear = "linear", "a straight line down";
    step::StepDecay as Step = "step", "times a factor every share of the run";
    exponential::ExponentialDecay as Exponential = "exponential", "times the same factor every step";
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self::OneCycle(OneCycle::default())
    }
}

/// A step of a run.
#[derive(Clone, Copy)]
struct At {
    /// From 0.
    step: usize,
    /// Those of the run.
    steps: usize,
    /// The share of the run done, 0 at the first step and 1 at the last.
    done: f64,
}

/// What a schedule is.
trait Schedule {
    /// The factor on the learning rate at a step.
    fn factor(&self, at: At) -> f64;

    /// Checks the numbers.
    fn check(&self) -> Result<(), RangeError>;

    /// Whether the rate of a step changes where the run is made longer.
    fn depends_on_epochs(&self) -> bool {
        true
    }
}

impl ScheduleConfig {
    /// Checks the numbers.
    ///
    /// # Errors
    /// [`RangeError`] naming the key.
    pub fn check(&self) -> Result<(), RangeError> {
        self.schedule().check()
    }

    /// Whether the rate of a step changes where the run is made longer.
    pub fn depends_on_epochs(&self) -> bool {
        self.schedule().depends_on_epochs()
    }

    /// The factor on the learning rate at `step` (from 0) of `steps`.
    ///
    /// ```
    /// use autoencoder_train::{CosineDecay, ScheduleConfig};
    ///
    /// let schedule = ScheduleConfig::Cosine(CosineDecay::default());
    /// assert!(schedule.factor(0, 100) > schedule.factor(50, 100));
    /// assert!(schedule.depends_on_epochs());
    /// ```
    pub fn factor(&self, step: usize, steps: usize) -> f64 {
        let done = if steps > 1 { step.min(steps - 1) as f64 / (steps - 1) as f64 } else { 0.0 };
        self.schedule().factor(At { step, steps, done })
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
        ScheduleConfig::Cosine(CosineDecay { last: 0.1 }),
        ScheduleConfig::Linear(LinearDecay { last: 0.1 }),
        ScheduleConfig::Step(StepDecay { every: 0.5, factor: 0.3 }),
        ScheduleConfig::Exponential(ExponentialDecay { last: 0.01 }),
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
        let config = ScheduleConfig::Step(StepDecay { every: 0.25, factor: 0.5 });
        let factors: Vec<f64> = (0..8).map(|step| config.factor(step, 8)).collect();
        assert_eq!(factors, [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]);
        let tenths = ScheduleConfig::Step(StepDecay { every: 0.1, factor: 0.5 });
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
        assert!(ScheduleConfig::Step(StepDecay { every: 0.0, factor: 0.5 }).check().is_err());
    }
}
