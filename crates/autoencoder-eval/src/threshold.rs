//! From scores to labels: where normal ends.

use serde::{Deserialize, Serialize};

/// How the threshold is chosen: what scores above it is called an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// The `1 - share` quantile of the scores at hand: that share of them is called anomalous.
    Contamination(f64),
    /// This quantile of the scores of examples the run held out of its training, the conformal one: of normal rows at most
    /// the rest lies above, whatever the distribution.
    Quantile(f64),
    /// The median of the scores at hand and this many times 1.4826 median absolute deviations, which for normally
    /// distributed scores are standard deviations (Iglewicz and Hoaglin 1993).
    Mad(f64),
    /// The `1 - rate` quantile of the scores whose label says normal: the rate of false alarms on them.
    TargetFpr(f64),
}

impl Default for Rule {
    fn default() -> Self {
        Self::Quantile(Self::QUANTILE)
    }
}

/// The median absolute deviation of a normal distribution times this is its standard deviation.
pub(crate) const CONSISTENT: f64 = 1.4826;

impl Rule {
    /// The quantile of held-out scores that a threshold is unless another is asked for.
    pub const QUANTILE: f64 = 0.95;

    /// How many reference scores the rule needs, so that none of its quantile lies beyond them.
    pub fn needed(self) -> Option<usize> {
        match self {
            Self::Quantile(at) if at < 1.0 => Some((at / (1.0 - at) - 1e-9).ceil() as usize),
            _ => None,
        }
    }

    /// The threshold for `scores`; `reference` are the scores that a quantile is taken of: those of held-out examples,
    /// or those labelled normal. `None` where a rule has nothing to be taken of.
    ///
    /// ```
    /// use autoencoder_eval::Rule;
    ///
    /// let scores: Vec<f64> = (0..100).map(f64::from).collect();
    /// let threshold = Rule::Contamination(0.05).threshold(&scores, &[]).expect("there are scores");
    /// assert_eq!(scores.iter().filter(|score| **score > threshold).count(), 5);
    /// ```
    pub fn threshold(self, scores: &[f64], reference: &[f64]) -> Option<f64> {
        match self {
            Self::Contamination(share) => quantile(scores, 1.0 - share),
            Self::Quantile(at) => conformal(reference, at),
            Self::TargetFpr(rate) => quantile(reference, 1.0 - rate),
            Self::Mad(times) => {
                let median = quantile(scores, 0.5)?;
                let deviations: Vec<f64> = scores.iter().map(|score| (score - median).abs()).collect();
                Some(median + times * CONSISTENT * quantile(&deviations, 0.5)?)
            }
        }
    }
}

/// The `ceil((n + 1) q)`-th of `n` scores in order: a new one, drawn as they were, lies at or below it with a probability of at
/// least `q` (Vovk et al. 2005; Lei et al. 2018). The greatest where that is more than there are; `None` of nothing.
fn conformal(reference: &[f64], at: f64) -> Option<f64> {
    let mut sorted = reference.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    // What rounding adds to a product such as 20 * 0.95 is no further score.
    let place = ((sorted.len() as f64 + 1.0) * at.clamp(0.0, 1.0) - 1e-9).ceil() as usize;
    sorted.get(place.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// The conformal p-value of each score: the share `(r + 1) / (n + 1)` with `r` of the `n` reference scores at least as high.
/// Of normal rows those below `a` are at most the share `a`.
///
/// ```
/// use autoencoder_eval::p_values;
///
/// let held_out = [1.0, 2.0, 3.0];
/// let p = p_values(&[0.5, 9.0], &held_out);
/// assert!(p[0] > p[1] && p[1] == 0.25, "one in four could be as high");
/// ```
pub fn p_values(scores: &[f64], reference: &[f64]) -> Vec<f64> {
    let mut sorted = reference.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let count = sorted.len() as f64;
    let value = |score: &f64| {
        let below = sorted.partition_point(|other| other < score);
        (count - below as f64 + 1.0) / (count + 1.0)
    };
    scores.iter().map(value).collect()
}

/// A quantile by linear interpolation between order statistics, as in NumPy; `None` of nothing.
///
/// ```
/// use autoencoder_eval::quantile;
///
/// assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0, 5.0], 0.5), Some(3.0));
/// assert_eq!(quantile(&[], 0.5), None);
/// ```
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
    fn a_conformal_threshold_keeps_its_promise_on_average() {
        // Of 19 scores the 19th is the least that a new one exceeds with a probability of 1 in 20.
        let reference: Vec<f64> = (1..=19).map(f64::from).collect();
        assert_eq!(Rule::Quantile(0.95).threshold(&[], &reference), Some(19.0));
        assert_eq!(Rule::Quantile(0.95).threshold(&[], &reference[..18]), Some(18.0), "the greatest");
        assert_eq!((Rule::Quantile(0.95).needed(), Rule::Mad(3.0).needed()), (Some(19), None));
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(Rule::Quantile(0.95).threshold(&[], &hundred), Some(96.0));
    }

    #[test]
    fn p_values_count_what_is_at_least_as_high() {
        let reference = [1.0, 2.0, 2.0, 3.0];
        assert_eq!(p_values(&[0.0, 2.0, 2.5, 9.0], &reference), [1.0, 0.8, 0.4, 0.2]);
    }

    #[test]
    fn each_rule_takes_its_own_scores() {
        let scores: Vec<f64> = (0..101).map(f64::from).collect();
        let reference = [1.0, 3.0];
        assert_eq!(Rule::Contamination(0.1).threshold(&scores, &reference), Some(90.0));
        assert_eq!(Rule::Quantile(0.5).threshold(&scores, &reference), Some(3.0));
        assert_eq!(Rule::TargetFpr(0.25).threshold(&scores, &reference), Some(2.5));
        let mad = Rule::Mad(2.0).threshold(&scores, &reference).expect("scores");
        assert!((mad - (50.0 + 2.0 * 1.4826 * 25.0)).abs() < 1e-9, "{mad}");
        assert_eq!(Rule::Quantile(0.5).threshold(&scores, &[]), None);
    }
}
