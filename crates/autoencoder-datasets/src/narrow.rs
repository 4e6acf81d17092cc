//! Numbers that need more than the 24 bits of an f32: kept as what is left of them when an origin, one for each column, has
//! been taken off in f64.

/// From how many rows the origins are chosen.
const HEAD: usize = 4096;
/// The share of a column's spread that rounding to f32 may take before the column gets an origin.
const ROUNDING: f64 = 1e-5;

/// Rows of numbers as they are read, one value after the other.
pub(crate) struct Narrow {
    width: usize,
    /// The first rows, until the origins are chosen.
    head: Vec<f64>,
    origins: Option<Vec<f64>>,
    values: Vec<f32>,
}

/// Rows of f32, and what was taken off each column, where anything was.
pub(crate) struct Narrowed {
    pub(crate) values: Vec<f32>,
    /// One for each column; empty where all are 0.
    pub(crate) origins: Vec<f64>,
}

impl Narrow {
    /// None yet, of so many columns; `rows` is how many there will be, where that is known.
    pub(crate) fn new(width: usize, rows: usize) -> Self {
        let values = Vec::with_capacity(rows.saturating_mul(width));
        Self { width: width.max(1), head: Vec::new(), origins: None, values }
    }

    /// How many numbers there are so far.
    pub(crate) fn len(&self) -> usize {
        self.head.len() + self.values.len()
    }

    /// The next number, NaN where it is missing.
    pub(crate) fn push(&mut self, value: f64) {
        match &self.origins {
            Some(origins) => {
                let origin = origins[self.values.len() % self.width];
                self.values.push((value - origin) as f32);
            }
            None => {
                self.head.push(value);
                if self.head.len() == HEAD * self.width {
                    self.choose();
                }
            }
        }
    }

    fn choose(&mut self) {
        let head = std::mem::take(&mut self.head);
        let origins: Vec<f64> =
            (0..self.width).map(|column| origin(head.iter().skip(column).step_by(self.width))).collect();
        let columns = head.iter().zip(origins.iter().cycle());
        self.values.extend(columns.map(|(value, origin)| (value - origin) as f32));
        self.origins = Some(origins);
    }

    pub(crate) fn finish(mut self) -> Narrowed {
        if self.origins.is_none() {
            self.choose();
        }
        let origins = self.origins.unwrap_or_default();
        let any = origins.iter().any(|&origin| origin != 0.0);
        Narrowed { values: self.values, origins: if any { origins } else { Vec::new() } }
    }
}

/// What is taken off a column: its median, where f32 would round too much of what distinguishes its values away, else 0.
fn origin<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    let mut sorted: Vec<f64> = values.copied().filter(|value| value.is_finite()).collect();
    let rounding = sorted.iter().map(|&value| (value - f64::from(value as f32)).abs()).fold(0.0, f64::max);
    if rounding == 0.0 {
        return 0.0;
    }
    sorted.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| sorted[(share * (sorted.len() - 1) as f64) as usize];
    let between = at(0.75) - at(0.25);
    let spread = if between > 0.0 { between } else { at(1.0) - at(0.0) };
    if rounding > ROUNDING * spread { at(0.5) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn narrowed(width: usize, values: impl IntoIterator<Item = f64>) -> Narrowed {
        let mut narrow = Narrow::new(width, 0);
        values.into_iter().for_each(|value| narrow.push(value));
        narrow.finish()
    }

    #[test]
    fn seconds_since_1970_keep_what_distinguishes_them() {
        let seconds = |row: u32| 1.7e9 + f64::from(row) * 0.001;
        let rows = (0..10_000).flat_map(|row| [seconds(row), 0.1 * f64::from(row)]);
        let Narrowed { values, origins } = narrowed(2, rows);
        assert!(origins[0] > 1.6e9 && origins[1] == 0.0, "{origins:?}");
        for row in [0, 1, 4095, 4096, 9999_u32] {
            let back = origins[0] + f64::from(values[2 * row as usize]);
            assert!((back - seconds(row)).abs() < 1e-6, "{row}: {back}");
            assert_eq!(values[2 * row as usize + 1], (0.1 * f64::from(row)) as f32, "bits as before");
        }
    }

    #[test]
    fn one_value_far_out_and_missing_ones_do_not_hide_a_large_offset() {
        let rows = [0.0, f64::NAN].into_iter().chain((0..100).map(|row| 1.7e9 + f64::from(row)));
        let Narrowed { values, origins } = narrowed(1, rows);
        assert!(origins[0] > 1.6e9);
        assert!(values[1].is_nan());
        assert_eq!(f64::from(values[5]) + origins[0], 1.7e9 + 3.0);
    }

    #[test]
    fn what_f32_can_say_is_left_as_it_is() {
        assert!(narrowed(1, (0..9).map(|value| 1e6 + f64::from(value))).origins.is_empty());
        assert!(narrowed(1, [0.1, 0.7, 12.3]).origins.is_empty());
        assert_eq!(narrowed(1, [1.7e9 + 1.0]).origins, [1.7e9 + 1.0], "a constant that f32 cannot say");
    }
}
