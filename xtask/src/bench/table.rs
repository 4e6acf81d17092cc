//! What was measured, as a table and as a document.

use serde::Serialize;

/// One workload.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Row {
    /// `W1` and so on.
    pub(super) id: &'static str,
    /// What it is.
    #[serde(skip)]
    pub(super) summary: String,
    /// The median of a step.
    pub(super) ours_ms: f64,
    /// The peer's, the best of its ways.
    pub(super) peer_ms: Option<f64>,
    /// The peer's over ours.
    pub(super) ratio: Option<f64>,
    /// Half the width of the 95 % interval of the ratio, relative to it.
    pub(super) interval: Option<f64>,
    /// The time of the matrix products alone over ours.
    pub(super) limit_share: Option<f64>,
    /// The greatest relative difference between both curves of 200 steps.
    pub(super) curve_difference: Option<f64>,
}

impl Row {
    pub(super) fn words(&self) -> String {
        let number = |value: Option<f64>, digits: usize| {
            value.map_or("-".to_owned(), |value| format!("{value:.digits$}"))
        };
        let share = self.limit_share.map_or("-".to_owned(), |share| format!("{:.0} %", 100.0 * share));
        let curve = self.curve_difference.map_or("-".to_owned(), |difference| format!("{difference:.0e}"));
        format!(
            "| {} | {} | {:.3} | {} | {} | {share} | {curve} |",
            self.id,
            self.summary,
            self.ours_ms,
            number(self.peer_ms, 3),
            self.ratio_words()
        )
    }
}

impl Row {
    /// The ratio with half the width of its interval; marked where the peer is faster.
    fn ratio_words(&self) -> String {
        let Some(ratio) = self.ratio else { return "-".to_owned() };
        let half = self.interval.map_or(String::new(), |half| format!(" ± {:.2}", half * ratio));
        if ratio < 1.0 { format!("**{ratio:.2}**{half} slower") } else { format!("{ratio:.2}{half}") }
    }
}

/// The header of [`Row::words`].
pub(super) const HEADER: &str = "| | workload | ours, ms | PyTorch, ms | ratio | share of the limit | curves differ by |\n|---|---|---|---|---|---|---|";

/// The geometric mean of the ratios; `None` without a peer.
pub(super) fn mean_ratio(rows: &[Row]) -> Option<f64> {
    let logarithms: Option<Vec<f64>> = rows.iter().map(|row| row.ratio.map(f64::ln)).collect();
    let logarithms = logarithms.filter(|logarithms| !logarithms.is_empty())?;
    Some((logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
}

/// The middle of some numbers.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_means_are_those_of_the_numbers() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        let row = |ratio| Row {
            id: "W1",
            summary: "a layer".to_owned(),
            ours_ms: 1.0,
            peer_ms: ratio,
            ratio,
            interval: ratio.map(|_| 0.02),
            limit_share: None,
            curve_difference: None,
        };
        let mean = mean_ratio(&[row(Some(2.0)), row(Some(0.5)), row(Some(8.0))]).expect("ratios");
        assert!((mean - 2.0).abs() < 1e-12);
        assert_eq!(mean_ratio(&[row(Some(2.0)), row(None)]), None);
        assert!(row(Some(2.0)).words().contains("| 2.00 ± 0.04 |"));
        assert!(row(Some(0.5)).words().contains("| **0.50** ± 0.01 slower |"));
        assert_eq!(row(None).words(), "| W1 | a layer | 1.000 | - | - | - | - |");
    }
}
