//! How often a classifier is right.

use serde::Serialize;

/// The answers of a classifier to labelled examples.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Answers {
    /// The number of examples.
    pub examples: usize,
    /// The share of wrong answers, in `[0, 1]`.
    pub error: f64,
    /// How far the farther end of its 95 % interval lies from it: Wilson's (1927), which says something at no errors too.
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
        let (count, z) = (examples.max(1) as f64, 1.96);
        let middle = (error + z * z / (2.0 * count)) / (1.0 + z * z / count);
        let half = z / (1.0 + z * z / count)
            * (error * (1.0 - error) / count + z * z / (4.0 * count * count)).sqrt();
        let interval = (middle + half - error).max(error - (middle - half));
        Self { examples, error, interval, cross_entropy }
    }
}

/// The class of the greatest logit of an example, the first of equals.
///
/// ```
/// use autoencoder_eval::answer;
///
/// assert_eq!(answer(&[0.1, 2.0, -1.0]), 1);
/// assert_eq!(answer(&[1.0, 1.0]), 0, "of equals the first");
/// ```
pub fn answer(logits: &[f32]) -> usize {
    let first_greatest = |best: usize, at: usize| if logits[at] > logits[best] { at } else { best };
    (1..logits.len()).fold(0, first_greatest)
}

/// The probability of each class from the logits of one example: both `[classes]`.
pub fn softmax(logits: &[f32]) -> Vec<f32> {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|logit| (logit - greatest).exp()).collect();
    let sum: f32 = exponentials.iter().sum();
    exponentials.into_iter().map(|exponential| exponential / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_errors_have_an_interval_too() {
        // Wilson's upper end for 0 of 100: z² / (n + z²).
        let interval = Answers::new(100, 0.0, None).interval;
        assert!((interval - 3.8416 / 103.8416).abs() < 1e-6, "{interval}");
    }

    #[test]
    fn error_interval_and_cross_entropy_are_their_definitions() {
        let logits = [2.0, 0.0, 0.0, 1.0, 3.0, 3.0, -1.0, 0.0];
        let Answers { examples, error, interval, cross_entropy } = Answers::of(&logits, &[0, 1, 1, 0]);
        assert_eq!((examples, error), (4, 0.5));
        // Wilson's for 2 of 4 is 0.15004 to 0.84996.
        assert!((interval - 0.34996).abs() < 1e-4, "{interval}");
        let nats = |right: f64, other: f64| (right.exp() + other.exp()).ln() - right;
        let expected = (nats(2.0, 0.0) + nats(1.0, 0.0) + nats(3.0, 3.0) + nats(-1.0, 0.0)) / 4.0;
        assert!((cross_entropy.expect("nats") - expected).abs() < 1e-6);
    }

    #[test]
    fn probabilities_sum_to_one_and_great_logits_stay_finite() {
        let shares = softmax(&[1000.0, 1000.0 - 2.0_f32.ln()]);
        assert!((shares[0] - 2.0 / 3.0).abs() < 1e-5 && (shares[1] - 1.0 / 3.0).abs() < 1e-5, "{shares:?}");
    }
}
