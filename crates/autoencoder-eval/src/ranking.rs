//! How well scores tell anomalies from the rest, with intervals.

use autoencoder_core::Seed;
use rand::RngExt as _;
use serde::{Deserialize, Serialize};

use crate::threshold::quantile;

/// Resamples of the bootstrap.
const RESAMPLES: usize = 200;

/// How well scores rank labelled examples; higher is more anomalous.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ranking {
    /// The number of anomalies.
    pub anomalies: usize,
    /// The probability that an anomaly scores above a normal example, a tie counting half.
    pub auroc: Estimate,
    /// The mean, over anomalies, of the precision among all that score at least as high.
    pub average_precision: Estimate,
    /// The share of anomalies among as many of the highest scores as there are anomalies.
    pub precision_at_n: Estimate,
}

/// A number and its 95 % interval by the bootstrap: the examples drawn again, with replacement.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// On the examples as they are.
    pub value: f64,
    /// The 2.5 % quantile over resamples.
    pub low: f64,
    /// The 97.5 % quantile over resamples.
    pub high: f64,
}

impl Ranking {
    /// The ranking of `scores` where `anomalous[i]` says what example `i` is; `None` unless there are examples of both
    /// kinds.
    pub fn of(scores: &[f64], anomalous: &[bool], seed: Seed) -> Option<Self> {
        let mut examples: Vec<(f64, bool)> = scores.iter().copied().zip(anomalous.iter().copied()).collect();
        examples.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let ones: Vec<usize> = vec![1; examples.len()];
        let values = measure(&examples, &ones)?;
        let mut rng = seed.stream("bootstrap").rng();
        let mut resampled: Vec<[f64; 3]> = Vec::with_capacity(RESAMPLES);
        let mut counts = vec![0; examples.len()];
        for _ in 0..RESAMPLES {
            counts.fill(0);
            for _ in 0..counts.len() {
                counts[rng.random_range(0..examples.len())] += 1;
            }
            resampled.extend(measure(&examples, &counts));
        }
        let estimate = |index: usize| {
            let all: Vec<f64> = resampled.iter().map(|values| values[index]).collect();
            let value = values[index];
            let at = |at| quantile(&all, at).unwrap_or(value);
            Estimate { value, low: at(0.025), high: at(0.975) }
        };
        Some(Self {
            anomalies: anomalous.iter().filter(|&&is| is).count(),
            auroc: estimate(0),
            average_precision: estimate(1),
            precision_at_n: estimate(2),
        })
    }
}

/// The probability that an anomaly scores above a normal example, a tie counting half; `None` unless there are examples of both
/// kinds. Of millions, for which resamples would take too long.
///
/// ```
/// use autoencoder_eval::auroc;
///
/// assert_eq!(auroc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
/// assert_eq!(auroc(&[0.1, 0.4], &[true, true]), None);
/// ```
pub fn auroc(scores: &[f64], anomalous: &[bool]) -> Option<f64> {
    let mut examples: Vec<(f64, bool)> = scores.iter().copied().zip(anomalous.iter().copied()).collect();
    examples.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let ones: Vec<usize> = vec![1; examples.len()];
    measure(&examples, &ones).map(|[auroc, ..]| auroc)
}

/// AUROC, average precision and precision at n of examples sorted by falling score, each as often as `counts` says.
/// `None` unless there are examples of both kinds.
fn measure(examples: &[(f64, bool)], counts: &[usize]) -> Option<[f64; 3]> {
    let of = |kind: bool| -> usize {
        examples.iter().zip(counts).filter(|(example, _)| example.1 == kind).map(|(_, count)| count).sum()
    };
    let (positives, negatives) = (of(true) as f64, of(false) as f64);
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    // Above the group at hand: anomalies and the rest.
    let (mut hits, mut misses) = (0.0, 0.0);
    let (mut pairs, mut precision, mut at_n) = (0.0, 0.0, 0.0);
    let mut first = 0;
    while first < examples.len() {
        // Equal scores have no order among them.
        let score = examples[first].0;
        let tied = examples[first..].iter().take_while(|example| example.0 == score).count().max(1);
        let group = first..first + tied;
        let [mut new_hits, mut new_misses] = [0.0, 0.0];
        for index in group.clone() {
            let count = counts[index] as f64;
            if examples[index].1 { new_hits += count } else { new_misses += count }
        }
        pairs += new_hits * (negatives - misses - new_misses / 2.0);
        let room = (positives - hits - misses).clamp(0.0, new_hits + new_misses);
        if new_hits > 0.0 {
            at_n += room * new_hits / (new_hits + new_misses);
            precision += new_hits * (hits + new_hits) / (hits + new_hits + misses + new_misses);
        }
        hits += new_hits;
        misses += new_misses;
        first = group.end;
    }
    Some([pairs / (positives * negatives), precision / positives, at_n / positives])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(scores: &[f64], anomalous: &[bool]) -> [f64; 3] {
        let ranking = Ranking::of(scores, anomalous, Seed::new(1)).expect("both kinds");
        [ranking.auroc.value, ranking.average_precision.value, ranking.precision_at_n.value]
    }

    #[test]
    fn perfect_and_reversed_rankings() {
        let anomalous = [false, false, true, true];
        assert_eq!(values(&[0.1, 0.2, 0.8, 0.9], &anomalous), [1.0, 1.0, 1.0]);
        let [auroc, precision, at_n] = values(&[0.9, 0.8, 0.2, 0.1], &anomalous);
        assert_eq!((auroc, at_n), (0.0, 0.0));
        assert!((precision - (1.0 / 3.0 + 2.0 / 4.0) / 2.0).abs() < 1e-12, "{precision}");
    }

    #[test]
    fn as_scikit_learn_has_it() {
        // roc_auc_score and average_precision_score of these.
        let scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.7];
        let anomalous = [false, false, true, true, true, false];
        let [auroc, precision, _] = values(&scores, &anomalous);
        assert!((auroc - 0.611_111_111_111).abs() < 1e-9, "{auroc}");
        assert!((precision - 0.7).abs() < 1e-9, "{precision}");
        assert_eq!(super::auroc(&scores, &anomalous), Some(auroc));
    }

    #[test]
    fn ties_count_half_and_say_nothing() {
        let [auroc, precision, at_n] = values(&[1.0; 4], &[true, false, false, false]);
        assert_eq!([auroc, precision, at_n], [0.5, 0.25, 0.25]);
    }

    #[test]
    fn intervals_hold_the_value_and_shrink_with_examples() {
        let width = |examples: usize| {
            let scores: Vec<f64> =
                (0..examples).map(|i| ((i * 37) % 101) as f64 + (i % 2) as f64 * 20.0).collect();
            let anomalous: Vec<bool> = (0..examples).map(|i| i % 2 == 1).collect();
            let auroc = Ranking::of(&scores, &anomalous, Seed::new(3)).expect("both kinds").auroc;
            assert!(auroc.low <= auroc.value && auroc.value <= auroc.high, "{auroc:?}");
            auroc.high - auroc.low
        };
        assert!(width(2000) < width(100) / 2.0);
    }

    #[test]
    fn one_kind_alone_has_no_ranking() {
        assert_eq!(Ranking::of(&[1.0, 2.0], &[true, true], Seed::new(1)), None);
    }
}
