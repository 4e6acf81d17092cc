//! How often a classifier is right.

use serde::Serialize;

/// The answers of a classifier to labelled examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// The number of examples.
    pub examples: usize,
    /// The share of wrong answers, in `[0, 1]`.
    pub error: f64,
    /// Half the width of its 95 % interval, `1.96 sqrt(p (1 - p) / n)`.
    pub interval: f64,
    /// `-ln softmax(a)_y` in nats, averaged over the examples; absent of answers without probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cross_entropy: Option<f64>,
}

impl Answers {
    /// What `logits`, `[examples, classes]` row by row, are worth to examples of the classes `labels`, counted from 0. Of
    /// equal logits the first is the answer.
    pub fn of(logits: &[f32], labels: &[i64]) -> Self {
        let examples = labels.len();
        let classes = logits.len() / examples.max(1);
        let (mut wrong, mut nats) = (0_usize, 0.0);
        for (row, &label) in logits.chunks_exact(classes.max(1)).zip(labels) {
            wrong += usize::from(usize::try_from(label) != Ok(answer(row)));
            let greatest = f64::from(row[answer(row)]);
            let sum: f64 = row.iter().map(|&logit| (f64::from(logit) - greatest).exp()).sum();
            let right = usize::try_from(label).ok().and_then(|label| row.get(label));
            nats += greatest + sum.ln() - right.map_or(f64::NEG_INFINITY, |&logit| f64::from(logit));
        }
        let count = examples.max(1) as f64;
        Self::new(examples, wrong as f64 / count, Some(nats / count))
    }

    /// A share of wrong answers with its interval.
    pub(crate) fn new(examples: usize, error: f64, cross_entropy: Option<f64>) -> Self {
        let interval = 1.96 * (error * (1.0 - error) / examples.max(1) as f64).sqrt();
        Self { examples, error, interval, cross_entropy }
    }
}

/// The class of the greatest logit of an example, the first of equals.
pub fn answer(logits: &[f32]) -> usize {
    let first_greatest = |best: usize, at: usize| if logits[at] > logits[best] { at } else { best };
    (1..logits.len()).fold(0, first_greatest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_interval_and_cross_entropy_are_their_definitions() {
        let logits = [2.0, 0.0, 0.0, 1.0, 3.0, 3.0, -1.0, 0.0];
        let Answers { examples, error, interval, cross_entropy } = Answers::of(&logits, &[0, 1, 1, 0]);
        assert_eq!((examples, error), (4, 0.5));
        assert!((interval - 1.96 * (0.25_f64 / 4.0).sqrt()).abs() < 1e-12);
        let nats = |right: f64, other: f64| (right.exp() + other.exp()).ln() - right;
        let expected = (nats(2.0, 0.0) + nats(1.0, 0.0) + nats(3.0, 3.0) + nats(-1.0, 0.0)) / 4.0;
        assert!((cross_entropy.expect("nats") - expected).abs() < 1e-6);
    }
}
