//! Ways of looking at the columns of a table, so that distances mean something whatever their scales and tails.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF as _, Normal};

use crate::threshold::quantile_of_sorted;

/// How the columns of rows are seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// Each column less its mean, in units of its standard deviation.
    Standardised,
    /// `asinh((x - median) / s)`, `s` the distance between the quartiles in units of that of a standard normal distribution:
    /// linear about the middle, logarithmic in the tails.
    Squashed,
    /// The normal quantile of the share of the rows that lie below: only the order counts, and any value that a constant
    /// column has never had is far away.
    Ranked,
}

/// A view fitted to some rows.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedView {
    columns: Vec<FittedColumn>,
}

/// What a view does to one column.
#[derive(Clone, Debug, PartialEq)]
enum FittedColumn {
    Standardised { mean: f64, deviation: f64 },
    Squashed { median: f64, unit: f64 },
    Ranked { sorted: Vec<f32> },
}

/// The distance between the quartiles of a standard normal distribution.
const BETWEEN_QUARTILES: f64 = 1.349;

impl View {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Standardised, Self::Squashed, Self::Ranked];

    /// Fits the view to rows of `width` numbers, one after the other.
    pub fn fit(self, rows: &[f32], width: usize) -> FittedView {
        let column = |index: usize| -> Vec<f32> { rows.iter().skip(index).step_by(width).copied().collect() };
        FittedView { columns: (0..width).map(|index| FittedColumn::fit(self, column(index))).collect() }
    }
}

impl FittedView {
    /// The rows as they are seen, one after the other.
    pub fn of(&self, rows: &[f32]) -> Vec<f32> {
        let width = self.columns.len().max(1);
        rows.chunks_exact(width)
            .flat_map(|row| row.iter().zip(&self.columns).map(|(&value, column)| column.of(value)))
            .collect()
    }
}

impl FittedColumn {
    fn fit(view: View, mut values: Vec<f32>) -> Self {
        match view {
            View::Standardised => {
                let (mean, deviation) = moments(values.iter().copied().map(f64::from));
                Self::Standardised { mean, deviation }
            }
            View::Squashed => {
                values.sort_unstable_by(f32::total_cmp);
                let at = |share| quantile_of_sorted(&values, share).unwrap_or(0.0);
                let (median, between) = (at(0.5), (at(0.75) - at(0.25)) / BETWEEN_QUARTILES);
                // Where most values are one and the same, the others' distance from it is what there is to go by.
                let unit =
                    if between > 0.0 { between } else { moments(values.iter().copied().map(f64::from)).1 };
                Self::Squashed { median, unit }
            }
            View::Ranked => {
                values.sort_unstable_by(f32::total_cmp);
                Self::Ranked { sorted: values }
            }
        }
    }

    fn of(&self, value: f32) -> f32 {
        let x = f64::from(value);
        (match self {
            Self::Standardised { mean, deviation } => (x - mean) / deviation,
            Self::Squashed { median, unit } => ((x - median) / unit).asinh(),
            Self::Ranked { sorted } => {
                let below = sorted.partition_point(|&other| other < value);
                let up_to = sorted.partition_point(|&other| other <= value);
                // The middle of its ties, half a row from either end.
                let share = ((below + up_to) as f64 / 2.0 + 0.5) / (sorted.len() as f64 + 1.0);
                Normal::standard().inverse_cdf(share)
            }
        }) as f32
    }
}

/// Mean and standard deviation; a deviation of 1 where there is none.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = (values.clone().count() as f64).max(1.0);
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let deviation = variance.sqrt();
    // Of a constant the variance is rounding.
    let is_constant = deviation <= 1e-9 * mean.abs() || !deviation.is_finite() || deviation == 0.0;
    (mean, if is_constant { 1.0 } else { deviation })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(view: View, rows: &[f32], queries: &[f32]) -> Vec<f32> {
        view.fit(rows, 1).of(queries)
    }

    #[test]
    fn standardised_columns_have_mean_0_and_deviation_1_each() {
        let fitted = View::Standardised.fit(&[0.0, 5.0, 2.0, 5.0, 4.0, 5.0], 2);
        let unit = (8.0_f32 / 3.0).sqrt();
        let ours = fitted.of(&[4.0, 6.0]);
        assert!((ours[0] - 2.0 / unit).abs() < 1e-6 && ours[1] == 1.0, "{ours:?}");
    }

    #[test]
    fn ranks_are_normal_quantiles_whatever_the_scale() {
        let rows: Vec<f32> = (0..99).map(|row| (row as f32).exp2().min(1e30)).collect();
        let ours = seen(View::Ranked, &rows, &[rows[49], -1.0, f32::MAX]);
        assert!(ours[0].abs() < 1e-6, "{ours:?}");
        // Half a row of a hundred: scipy.stats.norm.ppf(0.005).
        assert!((ours[1] + 2.575_829).abs() < 1e-4 && (ours[2] - 2.575_829).abs() < 1e-4, "{ours:?}");
        // A value that a constant column never had is as far as any can be.
        let constant = seen(View::Ranked, &[3.0; 99], &[3.0, 3.1, 2.9]);
        assert!(constant[0].abs() < 1e-6 && constant[1] > 2.5 && constant[2] < -2.5, "{constant:?}");
    }

    #[test]
    fn one_row_far_out_does_not_move_the_squashed_view() {
        let mut rows: Vec<f32> = (0..1000).map(|row| (row % 101) as f32).collect();
        let gap = |rows: &[f32]| {
            let ours = seen(View::Squashed, rows, &[20.0, 80.0]);
            ours[1] - ours[0]
        };
        let without = gap(&rows);
        rows.push(1e12);
        assert!((gap(&rows) / without - 1.0).abs() < 0.02, "{without} {}", gap(&rows));
        let standardised = seen(View::Standardised, &rows, &[20.0, 80.0]);
        assert!(standardised[1] - standardised[0] < 1e-6, "what it is there for");
    }
}
