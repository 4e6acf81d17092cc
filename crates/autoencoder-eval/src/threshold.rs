//! From scores to labels: where normal ends.

use serde::{Deserialize, Serialize};

/// How the threshold is chosen: what scores above it is called an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The `1 - share` quantile of the scores at hand: that share of them is called anomalous.
    Contamination(f64),
    /// This quantile of the scores of examples the run held out of its training.
    Quantile(f64),
    /// The median of the scores at hand and this many times 1.4826 median absolute deviations, which for normally
    /// distributed scores are standard deviations (Iglewicz and Hoaglin 1993).
    Mad(f64),
    /// The `1 - rate` quantile of the scores whose label says normal: the rate of false alarms on them.
    TargetFpr(f64),
}

/// The median absolute deviation of a normal distribution times this is its standard deviation.
const CONSISTENT: f64 = 1.4826;

impl Rule {
    /// The threshold for `scores`; `reference` are the scores that a quantile is taken of: those of held-out examples,
    /// or those labelled normal. `None` where a rule has nothing to be taken of.
    pub fn threshold(self, scores: &[f64], reference: &[f64]) -> Option<f64> {
        match self {
            Self::Contamination(share) => quantile(scores, 1.0 - share),
            Self::Quantile(at) => quantile(reference, at),
            Self::TargetFpr(rate) => quantile(reference, 1.0 - rate),
            Self::Mad(times) => {
                let median = quantile(scores, 0.5)?;
                let deviations: Vec<f64> = scores.iter().map(|score| (score - median).abs()).collect();
                Some(median + times * CONSISTENT * quantile(&deviations, 0.5)?)
            }
        }
    }
}

/// A quantile by linear interpolation between order statistics, as in NumPy; `None` of nothing.
pub fn quantile(values: &[f64], at: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    quantile_of_sorted(&sorted, at)
}

/// [`quantile`] of values that are in order.
pub(crate) fn quantile_of_sorted<T: Copy + Into<f64>>(sorted: &[T], at: f64) -> Option<f64> {
    let place = at.clamp(0.0, 1.0) * (sorted.len().checked_sub(1)? as f64);
    let (low, part) = (place.floor(), place.fract());
    let at = |index: f64| -> f64 { sorted[index as usize].into() };
    Some(if part == 0.0 { at(low) } else { at(low) + part * (at(low + 1.0) - at(low)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_numpy() {
        let values = [3.0, 1.0, 2.0, 10.0];
        let near = |at: f64, exact: f64| {
            let ours = quantile(&values, at).expect("four values");
            assert!((ours - exact).abs() < 1e-12, "{at}: {ours} {exact}");
        };
        near(0.0, 1.0);
        near(0.5, 2.5);
        near(0.9, 7.9);
        near(1.0, 10.0);
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn each_rule_takes_its_own_scores() {
        let scores: Vec<f64> = (0..101).map(f64::from).collect();
        let reference = [1.0, 3.0];
        assert_eq!(Rule::Contamination(0.1).threshold(&scores, &reference), Some(90.0));
        assert_eq!(Rule::Quantile(0.5).threshold(&scores, &reference), Some(2.0));
        assert_eq!(Rule::TargetFpr(0.25).threshold(&scores, &reference), Some(2.5));
        let mad = Rule::Mad(2.0).threshold(&scores, &reference).expect("scores");
        assert!((mad - (50.0 + 2.0 * 1.4826 * 25.0)).abs() < 1e-9, "{mad}");
        assert_eq!(Rule::Quantile(0.5).threshold(&scores, &[]), None);
    }
}
