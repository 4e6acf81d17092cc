//! Scaling: fitted on the training part, applied to every part, undone on output.

use std::sync::Arc;

use autoencoder_core::{DataError, ExampleShape, Kind, Seed, Source, for_each_chunk};
use rand::Rng as _;
use serde::{Deserialize, Serialize};

use crate::{DatasetError, Missing};

/// How values are scaled, as the configuration names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScalingKind {
    /// Not at all.
    None,
    /// To `[0, 1]`: by the range the values have by nature (pixels), else by each column's least and
    /// greatest value in the training part.
    #[default]
    Unit,
    /// Each column to mean 0 and standard deviation 1 on the training part.
    Standardise,
    /// Each column to median 0 and a distance of 1.349 between its quartiles, as a normal distribution of variance 1 has,
    /// on the training part: what lies far out hardly moves them.
    Robust,
    /// To 0 or 1: a value of the unit scaling is the probability of a 1, drawn once for each row and
    /// column (Salakhutdinov and Murray 2008, for MNIST).
    Binary,
}

impl ScalingKind {
    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Unit => "unit",
            Self::Standardise => "standardise",
            Self::Robust => "robust",
            Self::Binary => "binary",
        }
    }

    /// The scalings a configuration may name.
    pub const KINDS: &[Kind] = &[
        Kind { name: "none", summary: "values as they are" },
        Kind { name: "unit", summary: "to [0, 1]" },
        Kind { name: "standardise", summary: "each column to mean 0 and standard deviation 1" },
        Kind { name: "robust", summary: "each column by its median and quartiles" },
        Kind { name: "binary", summary: "to 0 or 1, the value in [0, 1] being the probability of a 1" },
    ];
}

/// A fitted scaling: `x' = (x - offset) * scale`, a number for each column or one for all; for bits, `x'` is
/// then the probability of a 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// What is taken off, one for each column or one for all.
    pub offset: Vec<f32>,
    /// What the rest is multiplied by, as many as offsets.
    pub scale: Vec<f32>,
    /// Whether what comes to lie outside `[0, 1]` is cut to it: values beyond those that were fitted to.
    #[serde(default)]
    pub clip: bool,
    /// The seed that bits are drawn with; absent where values stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<Seed>,
    /// What stands in for a value that is missing (NaN), one for each column; empty where none may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fill: Vec<f32>,
}

/// The sums that both fitted scalings are made from.
struct Column {
    /// How many values are not missing.
    count: f64,
    min: f32,
    max: f32,
    sum: f64,
    squares: f64,
}

impl Column {
    fn mean(&self) -> f64 {
        self.sum / self.count.max(1.0)
    }

    /// The standard deviation; 0 of a constant, whose squares are rounding.
    fn deviation(&self) -> f64 {
        if self.max > self.min { (self.squares / self.count.max(1.0)).sqrt() } else { 0.0 }
    }
}

impl Scaling {
    /// A scaling of that kind for the values of `training`; `seed` is what bits are drawn with.
    ///
    /// # Errors
    /// What reading says.
    pub fn fit(kind: ScalingKind, training: &dyn Source, seed: Seed) -> Result<Self, DatasetError> {
        match (kind, training.value_range()) {
            (ScalingKind::Binary, _) => {
                let unit = Self::fit(ScalingKind::Unit, training, seed)?;
                Ok(Self { bits: Some(seed), ..unit })
            }
            (ScalingKind::None, _) => {
                Ok(Self { offset: vec![0.0], scale: vec![1.0], clip: false, bits: None, fill: Vec::new() })
            }
            (ScalingKind::Unit, Some((low, high))) => Ok(Self {
                offset: vec![low],
                scale: vec![1.0 / (high - low)],
                clip: true,
                bits: None,
                fill: Vec::new(),
            }),
            (ScalingKind::Unit, None) => {
                let columns = columns(training)?;
                let scale = |c: &Column| finite_or_one(1.0 / (f64::from(c.max) - f64::from(c.min)));
                Ok(Self {
                    offset: columns.iter().map(|c| finite_or_zero(c.min)).collect(),
                    scale: columns.iter().map(scale).collect(),
                    clip: true,
                    bits: None,
                    fill: Vec::new(),
                })
            }
            (ScalingKind::Standardise, _) => {
                let columns = columns(training)?;
                Ok(Self {
                    offset: columns.iter().map(Column::mean).map(|mean| mean as f32).collect(),
                    scale: columns.iter().map(|c| finite_or_one(1.0 / c.deviation())).collect(),
                    clip: false,
                    bits: None,
                    fill: Vec::new(),
                })
            }
            (ScalingKind::Robust, _) => robust(training),
        }
    }

    /// Whether it can be of examples of so many features.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, features: usize) -> Result<(), String> {
        let Self { offset, scale, fill, .. } = self;
        let fits = |count: usize| count == 1 || count == features;
        if offset.len() != scale.len() || !fits(offset.len()) {
            return Err(format!(
                "the scaling has {} offsets and {} scales for {features} features",
                offset.len(),
                scale.len()
            ));
        }
        if !fill.is_empty() && fill.len() != features {
            return Err(format!("the scaling fills {} of {features} features in", fill.len()));
        }
        let are_numbers = offset.iter().chain(scale).chain(fill).all(|value| value.is_finite());
        match are_numbers && scale.iter().all(|&scale| scale > 0.0) {
            true => Ok(()),
            false => Err("the scaling holds numbers that scale nothing".to_owned()),
        }
    }

    /// The same with the means of the columns of `training` in the place of missing values.
    ///
    /// # Errors
    /// What reading says.
    pub fn with_means(self, training: &dyn Source) -> Result<Self, DatasetError> {
        let fill = columns(training)?.iter().map(|column| column.mean() as f32).collect();
        Ok(Self { fill, ..self })
    }

    /// What may become of a missing value.
    pub fn missing(&self) -> Missing {
        if self.fill.is_empty() { Missing::Refuse } else { Missing::Mean }
    }

    /// How many of the values of `source`, which is not scaled yet, are cut to `[0, 1]`.
    ///
    /// # Errors
    /// What reading says.
    pub fn clipped(&self, source: &dyn Source) -> Result<usize, DataError> {
        let mut clipped = 0;
        let unclipped = Self { clip: false, ..self.clone() };
        if self.clip {
            for_each_chunk(source, |_, rows| {
                let mut rows = rows.to_vec();
                unclipped.apply(&mut rows);
                // What rounding put a little outside is not worth a word.
                clipped += rows.iter().filter(|value| !(-1e-6..=1.0 + 1e-6).contains(*value)).count();
                Ok::<_, DataError>(())
            })?;
        }
        Ok(clipped)
    }

    /// Scales rows in place, missing values filled in. Bits are not drawn: they depend on which row it is.
    pub fn apply(&self, rows: &mut [f32]) {
        if !self.fill.is_empty() {
            for row in rows.chunks_mut(self.fill.len()) {
                for (value, fill) in row.iter_mut().zip(&self.fill).filter(|(value, _)| value.is_nan()) {
                    *value = *fill;
                }
            }
        }
        match self.clip {
            true => self.for_each(rows, |value, offset, scale| ((value - offset) * scale).clamp(0.0, 1.0)),
            false => self.for_each(rows, |value, offset, scale| (value - offset) * scale),
        }
    }

    /// Scales the rows `index` of a source in place, and draws their bits.
    fn apply_to(&self, index: &[usize], rows: &mut [f32]) {
        self.apply(rows);
        let (Some(seed), features) = (self.bits, rows.len() / index.len().max(1)) else { return };
        for (&row, values) in index.iter().zip(rows.chunks_exact_mut(features.max(1))) {
            let mut rng = seed.at(row as u64).rng();
            for value in values {
                let uniform = f64::from(rng.next_u32()) / 4_294_967_296.0;
                *value = if uniform < f64::from(*value) { 1.0 } else { 0.0 };
            }
        }
    }

    /// Undoes [`Self::apply`], but for what it clipped.
    pub fn invert(&self, rows: &mut [f32]) {
        self.for_each(rows, |value, offset, scale| value / scale + offset);
    }

    fn for_each(&self, rows: &mut [f32], map: impl Fn(f32, f32, f32) -> f32) {
        if let ([offset], [scale]) = (&self.offset[..], &self.scale[..]) {
            rows.iter_mut().for_each(|value| *value = map(*value, *offset, *scale));
            return;
        }
        for row in rows.chunks_mut(self.offset.len().max(1)) {
            for ((value, offset), scale) in row.iter_mut().zip(&self.offset).zip(&self.scale) {
                *value = map(*value, *offset, *scale);
            }
        }
    }
}

/// The scaling by medians and quartiles, of so many rows at most, evenly spread.
fn robust(training: &dyn Source) -> Result<Scaling, DatasetError> {
    const ROWS: usize = 100_000;
    let (features, every) = (training.shape().features(), training.len().div_ceil(ROWS).max(1));
    let index: Vec<usize> = (0..training.len()).step_by(every).collect();
    let mut values = vec![0.0; index.len() * features];
    training.rows(&index, &mut values)?;
    let deviations = columns(training)?;
    let (mut offset, mut scale) = (Vec::with_capacity(features), Vec::with_capacity(features));
    for (feature, column) in deviations.iter().enumerate() {
        let mut sorted: Vec<f32> =
            values.iter().skip(feature).step_by(features).copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f32::total_cmp);
        let at = |share: f64| {
            let place = share * sorted.len().saturating_sub(1) as f64;
            let [low, high] = [place.floor(), place.ceil()].map(|place| sorted.get(place as usize));
            let [low, high] = [low, high].map(|value| f64::from(value.copied().unwrap_or(0.0)));
            low + (place - place.floor()) * (high - low)
        };
        let between = (at(0.75) - at(0.25)) / 1.349;
        // Where most values are one and the same, the others' distance from it is what there is to go by.
        let deviation = if between > 0.0 { between } else { column.deviation() };
        offset.push(at(0.5) as f32);
        scale.push(finite_or_one(1.0 / deviation));
    }
    Ok(Scaling { offset, scale, clip: false, bits: None, fill: Vec::new() })
}

fn columns(source: &dyn Source) -> Result<Vec<Column>, DatasetError> {
    let empty = || Column { count: 0.0, min: f32::INFINITY, max: f32::NEG_INFINITY, sum: 0.0, squares: 0.0 };
    let mut columns: Vec<Column> = (0..source.shape().features()).map(|_| empty()).collect();
    for_each_row(source, |row| {
        for (column, &value) in columns.iter_mut().zip(row).filter(|(_, value)| !value.is_nan()) {
            column.count += 1.0;
            column.min = column.min.min(value);
            column.max = column.max.max(value);
            column.sum += f64::from(value);
        }
    })?;
    // The squares are taken about the mean in a second pass: a large mean would swallow them.
    for_each_row(source, |row| {
        for (column, &value) in columns.iter_mut().zip(row).filter(|(_, value)| !value.is_nan()) {
            column.squares += (f64::from(value) - column.mean()).powi(2);
        }
    })?;
    Ok(columns)
}

fn for_each_row(source: &dyn Source, mut f: impl FnMut(&[f32])) -> Result<(), DataError> {
    let features = source.shape().features();
    for_each_chunk(source, |_, rows| {
        rows.chunks_exact(features).for_each(&mut f);
        Ok(())
    })
}

/// A constant column stays finite and becomes 0, whatever its scale.
fn finite_or_one(scale: f64) -> f32 {
    match scale as f32 {
        scale if scale.is_finite() && scale > 0.0 => scale,
        _ => 1.0,
    }
}

/// A column without any value is one of zeros.
fn finite_or_zero(value: f32) -> f32 {
    if value.is_finite() { value } else { 0.0 }
}

/// A source whose rows are scaled as they are read.
pub struct Scaled {
    source: Arc<dyn Source>,
    scaling: Scaling,
}

impl Scaled {
    /// `source` through `scaling`.
    pub fn new(source: Arc<dyn Source>, scaling: Scaling) -> Self {
        Self { source, scaling }
    }
}

impl Source for Scaled {
    fn shape(&self) -> ExampleShape {
        self.source.shape()
    }

    fn len(&self) -> usize {
        self.source.len()
    }

    fn rows(&self, index: &[usize], out: &mut [f32]) -> Result<(), DataError> {
        self.source.rows(index, out)?;
        self.scaling.apply_to(index, out);
        Ok(())
    }

    fn labels(&self) -> Option<&[i64]> {
        self.source.labels()
    }

    fn value_range(&self) -> Option<(f32, f32)> {
        let (low, high) = self.source.value_range()?;
        let mut range = [low, high];
        if self.scaling.offset.len() != 1 {
            return None;
        }
        Scaling { fill: Vec::new(), ..self.scaling.clone() }.apply(&mut range);
        Some((range[0], range[1]))
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::testing::Rows;
    use proptest::prelude::*;

    use super::*;
    use crate::Matrix;

    #[test]
    fn pixels_are_divided_by_255() {
        let pixels = Matrix::from_bytes(ExampleShape::Flat(1), (0..=255).collect());
        let scaling = Scaling::fit(ScalingKind::Unit, &pixels, Seed::new(0)).expect("fitted");
        let mut values: Vec<f32> = (0..=255).map(|pixel| pixel as f32).collect();
        scaling.apply(&mut values);
        assert!(
            values
                .iter()
                .enumerate()
                .all(|(pixel, value)| (value - pixel as f32 / 255.0).abs() <= f32::EPSILON / 2.0)
        );
        assert_eq!(values[255], 1.0);
    }

    #[test]
    fn columns_are_scaled_each_by_its_own_numbers_and_constants_stay_finite() {
        let rows = Rows::new(3, vec![0.0, 1e6, 5.0, 10.0, 1e6 + 2.0, 5.0]);
        let unit = Scaling::fit(ScalingKind::Unit, &rows, Seed::new(0)).expect("fitted");
        let mut values = vec![5.0, 1e6, 5.0];
        unit.apply(&mut values);
        assert_eq!(values, [0.5, 0.0, 0.0]);
        let standard = Scaling::fit(ScalingKind::Standardise, &rows, Seed::new(0)).expect("fitted");
        let mut values = vec![10.0, 1e6, 5.0];
        standard.apply(&mut values);
        assert_eq!(values, [1.0, -1.0, 0.0]);
    }

    #[test]
    fn medians_and_quartiles_do_not_see_what_lies_far_out() {
        // Quartiles by linear interpolation: 1, 2 and 3; the second column is mostly one value.
        let rows = Rows::new(2, vec![0.0, 7.0, 1.0, 7.0, 2.0, 7.0, 3.0, 7.0, 1e9, 9.0]);
        let robust = Scaling::fit(ScalingKind::Robust, &rows, Seed::new(0)).expect("fitted");
        assert_eq!(robust.offset, [2.0, 7.0]);
        assert!((robust.scale[0] - 1.349 / 2.0).abs() < 1e-6, "{:?}", robust.scale);
        assert!((robust.scale[1] - 1.0 / 0.8).abs() < 1e-6, "{:?}", robust.scale);
        let mut values = vec![2.0 + 2.0 / 1.349, 7.0];
        robust.apply(&mut values);
        assert!((values[0] - 1.0).abs() < 1e-6 && values[1] == 0.0, "{values:?}");
    }

    #[test]
    fn bits_are_ones_as_often_as_the_value_says_and_the_same_whenever_a_row_is_read() {
        let rows: Arc<dyn Source> = Arc::new(Matrix::from_bytes(ExampleShape::Flat(2), [0, 51].repeat(4000)));
        let of = |seed| {
            let scaling = Scaling::fit(ScalingKind::Binary, rows.as_ref(), Seed::new(seed)).expect("fitted");
            let bits = Scaled::new(Arc::clone(&rows), scaling);
            let mut values = vec![0.0; 8000];
            bits.rows(&(0..4000).collect::<Vec<_>>(), &mut values).expect("rows");
            let mut one = [0.0; 2];
            bits.rows(&[1234], &mut one).expect("a row");
            assert_eq!(one, values[2468..2470]);
            values
        };
        let values = of(1);
        assert!(values.iter().all(|&value| value == 0.0 || value == 1.0));
        assert!(values.iter().step_by(2).all(|&value| value == 0.0));
        let share = values.iter().skip(1).step_by(2).sum::<f32>() / 4000.0;
        // Five standard deviations of the share.
        assert!((share - 0.2).abs() < 5.0 * (0.16_f32 / 4000.0).sqrt(), "{share}");
        assert_ne!(values, of(2));
    }

    #[test]
    fn values_outside_the_fitted_range_are_clipped_and_counted() {
        let rows = Rows::new(2, vec![0.0, 10.0, 4.0, 30.0]);
        let scaling = Scaling::fit(ScalingKind::Unit, &rows, Seed::new(0)).expect("fitted");
        let other = Rows::new(2, vec![-1.0, 20.0, 8.0, 31.0]);
        assert_eq!(scaling.clipped(&other).expect("read"), 3);
        assert_eq!(scaling.clipped(&rows).expect("read"), 0);
        let mut values = vec![-1.0, 20.0, 8.0, 31.0];
        scaling.apply(&mut values);
        assert_eq!(values, [0.0, 0.5, 1.0, 1.0]);
        let standard = Scaling::fit(ScalingKind::Standardise, &rows, Seed::new(0)).expect("fitted");
        assert_eq!(standard.clipped(&other).expect("read"), 0);
    }

    #[test]
    fn missing_values_count_for_nothing_and_become_the_mean_of_their_column() {
        let missing = f32::NAN;
        let rows = Rows::new(3, vec![1.0, missing, missing, missing, 4.0, missing, 5.0, 10.0, missing]);
        let whole = Rows::new(1, vec![4.0, 10.0]);
        for kind in [ScalingKind::None, ScalingKind::Unit, ScalingKind::Standardise, ScalingKind::Robust] {
            let scaling =
                Scaling::fit(kind, &rows, Seed::new(0)).expect("fitted").with_means(&rows).expect("read");
            assert_eq!(scaling.fill, [3.0, 7.0, 0.0]);
            let alone = Scaling::fit(kind, &whole, Seed::new(0)).expect("fitted");
            let mut values = [missing, missing, missing, 5.0, 4.0, 1.0];
            scaling.apply(&mut values);
            let mut expected = [7.0, 4.0];
            alone.apply(&mut expected);
            assert_eq!([values[1], values[4]], expected, "{kind:?}");
            assert!(values.iter().all(|value| value.is_finite()), "{kind:?} {values:?}");
            scaling.invert(&mut values);
            assert_eq!(values[..3], [3.0, 7.0, 0.0], "{kind:?}");
        }
    }

    #[test]
    fn columns_of_any_magnitude_stay_finite() {
        let rows = Rows::new(3, vec![1e38, 1e-44, 0.0, -1e38, 2e-44, 1e-30]);
        for kind in [ScalingKind::Unit, ScalingKind::Standardise] {
            let scaling = Scaling::fit(kind, &rows, Seed::new(0)).expect("fitted");
            let mut values = vec![1e38, 1e-44, 0.0, -1e38, 2e-44, 1e-30];
            scaling.apply(&mut values);
            assert!(values.iter().all(|value| value.is_finite()), "{kind:?} {values:?}");
        }
    }

    proptest! {
        #[test]
        fn inversion_undoes_scaling(values in proptest::collection::vec(-1e3_f32..1e3, 6..30)) {
            let values = values[..values.len() / 3 * 3].to_vec();
            let rows = Rows::new(3, values.clone());
            for kind in [ScalingKind::None, ScalingKind::Unit, ScalingKind::Standardise] {
                let scaling = Scaling::fit(kind, &rows, Seed::new(0)).expect("fitted");
                let mut scaled = values.clone();
                scaling.apply(&mut scaled);
                scaling.invert(&mut scaled);
                prop_assert!(scaled.iter().zip(&values).all(|(a, b)| (a - b).abs() < 1e-2));
            }
        }
    }
}
