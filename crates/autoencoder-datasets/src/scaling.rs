//! Scaling: fitted on the training part, applied to every part, undone on output.

use autoencoder_core::{DataError, Kind, Seed, Source, for_each_chunk};
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
/// then the probability of a 1. Offsets are in f64: a column of seconds since 1970 has more digits than f32.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// What is taken off, one for each column or one for all.
    pub offset: Vec<f64>,
    /// What the rest is multiplied by, as many as offsets.
    pub scale: Vec<f32>,
    /// Whether the values that it was fitted to lie in `[0, 1]`: a loss that is defined there alone needs others to be cut.
    #[serde(default)]
    pub clip: bool,
    /// The seed that bits are drawn with; absent where values stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits: Option<Seed>,
    /// Whether the values that it was fitted to have more digits than f32, so that those it gives back have them too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubles: bool,
    /// What stands in for a value that is missing (NaN), one for each column; empty where none may be.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fill: Vec<f64>,
}

/// The sums that both fitted scalings are made from.
struct Sums {
    /// How many values are not missing.
    count: f64,
    min: f64,
    max: f64,
    sum: f64,
    squares: f64,
    /// What was taken off it before: all of the above are without it.
    origin: f64,
}

impl Sums {
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
    /// ```
    /// use autoencoder_core::{ExampleShape, Seed};
    /// use autoencoder_datasets::{DatasetError, Matrix, Scaling, ScalingKind};
    ///
    /// let training = Matrix::new(ExampleShape::Flat(1), vec![10.0, 20.0, 30.0]);
    /// let scaling = Scaling::fit(ScalingKind::Unit, &training, Seed::new(0))?;
    /// let mut rows = [15.0];
    /// scaling.apply(&mut rows);
    /// assert_eq!(rows, [0.25]);
    /// # Ok::<(), DatasetError>(())
    /// ```
    ///
    /// # Errors
    /// What reading says.
    pub fn fit(kind: ScalingKind, training: &dyn Source, seed: Seed) -> Result<Self, DatasetError> {
        let doubles = training.origin().is_some();
        let of = |offset, scale, clip| Self { offset, scale, clip, bits: None, doubles, fill: Vec::new() };
        match (kind, training.value_range()) {
            (ScalingKind::Binary, _) => {
                let unit = Self::fit(ScalingKind::Unit, training, seed)?;
                Ok(Self { bits: Some(seed), ..unit })
            }
            (ScalingKind::None, _) => Ok(of(vec![0.0], vec![1.0], false)),
            (ScalingKind::Unit, Some((low, high))) => {
                Ok(of(vec![f64::from(low)], vec![1.0 / (high - low)], true))
            }
            (ScalingKind::Unit, None) => {
                let columns = columns(training)?;
                let offset = columns.iter().map(|c| c.origin + finite_or_zero(c.min)).collect();
                Ok(of(offset, columns.iter().map(|c| finite_or_one(1.0 / (c.max - c.min))).collect(), true))
            }
            (ScalingKind::Standardise, _) => {
                let columns = columns(training)?;
                let offset = columns.iter().map(|c| c.origin + c.mean()).collect();
                Ok(of(offset, columns.iter().map(|c| finite_or_one(1.0 / c.deviation())).collect(), false))
            }
            (ScalingKind::Robust, _) => robust(training),
        }
    }

    /// The same with the features of words, which are 0 or 1, left as they are: a rare word divided by its deviation would
    /// weigh as much as its column of numbers many times over.
    pub fn leaving_words(mut self, columns: &[crate::Column]) -> Self {
        let features: usize = columns.iter().map(crate::Column::features).sum();
        if self.offset.len() != features || self.scale.len() != features {
            return self;
        }
        let is_word = columns.iter().flat_map(|column| vec![!column.words.is_empty(); column.features()]);
        for (feature, _) in is_word.enumerate().filter(|(_, is_word)| *is_word) {
            (self.offset[feature], self.scale[feature]) = (0.0, 1.0);
        }
        self
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
        let are_numbers = offset.iter().chain(fill).all(|value| value.is_finite());
        if are_numbers && scale.iter().all(|&scale| scale > 0.0 && scale.is_finite()) {
            Ok(())
        } else {
            Err("the scaling holds numbers that scale nothing".to_owned())
        }
    }

    /// The same with the means of the columns of `training` in the place of missing values.
    ///
    /// # Errors
    /// What reading says.
    pub fn with_means(self, training: &dyn Source) -> Result<Self, DatasetError> {
        let fill = columns(training)?.iter().map(|column| column.origin + column.mean()).collect();
        Ok(Self { fill, ..self })
    }

    /// Whether rounding of the offset would be seen beside the spread, which is about 1 / scale.
    fn is_large(&self, (offset, scale): (&f64, &f32)) -> bool {
        self.doubles && (offset * f64::from(*scale)).abs() > LARGE
    }

    /// How many columns have an offset beside which f32 would round their spread away.
    pub fn rounded(&self) -> usize {
        self.offset.iter().zip(&self.scale).filter(|&column| self.is_large(column)).count()
    }

    /// What may become of a missing value.
    pub fn missing(&self) -> Missing {
        if self.fill.is_empty() { Missing::Refuse } else { Missing::Mean }
    }

    /// How many values of each row of `source`, which is not scaled yet, lie outside the range that it was fitted to, where
    /// it was fitted to one: `[rows]`.
    ///
    /// # Errors
    /// What reading says.
    pub fn outside(&self, source: &dyn Source) -> Result<Vec<u32>, DataError> {
        let mut counts = Vec::with_capacity(source.len());
        self.for_each_row(source, |row| {
            counts.push(row.iter().filter(|value| excess(**value) > TOLERANCE).count() as u32);
        })?;
        Ok(counts)
    }

    /// The squared distance of each row of `source` from the range that it was fitted to, in scaled units: `[rows]`.
    ///
    /// # Errors
    /// What reading says.
    pub fn squared_excess(&self, source: &dyn Source) -> Result<Vec<f64>, DataError> {
        let mut sums = Vec::with_capacity(source.len());
        self.for_each_row(source, |row| {
            sums.push(row.iter().map(|&value| f64::from(excess(value)).powi(2)).sum())
        })?;
        Ok(sums)
    }

    /// Each row, scaled and not cut, where the range is known; else nothing of it.
    fn for_each_row(&self, source: &dyn Source, mut f: impl FnMut(&[f32])) -> Result<(), DataError> {
        let (features, origin) = (source.shape().features().max(1), source.origin());
        for_each_chunk(source, |_, rows| {
            let mut rows = rows.to_vec();
            if self.clip {
                self.apply_from(&mut rows, origin, false);
            }
            rows.chunks_exact(features).for_each(|row| f(if self.clip { row } else { &[] }));
            Ok(())
        })
    }

    /// Scales rows in place, missing values filled in, those outside of its range cut where it has one. Bits are not drawn:
    /// they depend on which row it is.
    pub fn apply(&self, rows: &mut [f32]) {
        self.apply_from(rows, None, self.clip);
    }

    /// [`Self::apply`] to rows that `origin` was taken off, cut or not.
    pub(crate) fn apply_from(&self, rows: &mut [f32], origin: Option<&[f64]>, cut: bool) {
        let has_origin = origin.is_some();
        let origin = |feature: usize| origin.map_or(0.0, |origin| origin[feature]);
        if !self.fill.is_empty() {
            for row in rows.chunks_mut(self.fill.len()) {
                let filled = row.iter_mut().zip(&self.fill).enumerate();
                for (feature, (value, fill)) in filled.filter(|(_, (value, _))| value.is_nan()) {
                    *value = (fill - origin(feature)) as f32;
                }
            }
        }
        match (&self.offset[..], &self.scale[..]) {
            // Pixels, whose range is one for all.
            (&[offset], &[scale]) if f64::from(offset as f32) == offset && !has_origin => {
                let offset = offset as f32;
                rows.iter_mut().for_each(|value| *value = (*value - offset) * scale);
            }
            (offset, scale) => {
                let shift: Vec<f64> =
                    offset.iter().enumerate().map(|(j, offset)| origin(j) - offset).collect();
                for row in rows.chunks_mut(shift.len().max(1)) {
                    for ((value, shift), scale) in row.iter_mut().zip(&shift).zip(scale) {
                        *value = ((f64::from(*value) + shift) * f64::from(*scale)) as f32;
                    }
                }
            }
        }
        if cut {
            rows.iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
        }
    }

    /// Undoes [`Self::apply`], but for what it cut. What f32 cannot hold of a column stays in the origin that is returned, as
    /// [`Source::origin`] has it; it is empty where there is none.
    pub fn invert(&self, rows: &mut [f32]) -> Vec<f64> {
        if let (&[offset], &[scale]) = (&self.offset[..], &self.scale[..])
            && !self.is_large((&offset, &scale))
        {
            rows.iter_mut().for_each(|value| *value = *value / scale + offset as f32);
            return Vec::new();
        }
        let columns = || self.offset.iter().zip(&self.scale);
        let origin: Vec<f64> = columns()
            .map(|(offset, scale)| if self.is_large((offset, scale)) { *offset } else { 0.0 })
            .collect();
        for row in rows.chunks_mut(self.offset.len().max(1)) {
            for ((value, (offset, scale)), origin) in row.iter_mut().zip(columns()).zip(&origin) {
                *value = (f64::from(*value) / f64::from(*scale) + (offset - origin)) as f32;
            }
        }
        if origin.iter().any(|&origin| origin != 0.0) { origin } else { Vec::new() }
    }
}

/// What rounding puts a little outside of `[0, 1]` is not worth a word.
const TOLERANCE: f32 = 1e-6;
/// How many times its spread an offset may be before f32 would round what distinguishes its values away.
const LARGE: f64 = 170.0;

/// How far a value lies outside of `[0, 1]`.
fn excess(value: f32) -> f32 {
    (-value).max(value - 1.0).max(0.0)
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
        offset.push(column.origin + at(0.5));
        scale.push(finite_or_one(1.0 / deviation));
    }
    let doubles = training.origin().is_some();
    Ok(Scaling { offset, scale, clip: false, bits: None, doubles, fill: Vec::new() })
}

fn columns(source: &dyn Source) -> Result<Vec<Sums>, DatasetError> {
    let empty = |feature| Sums {
        count: 0.0,
        min: f64::INFINITY,
        max: f64::NEG_INFINITY,
        sum: 0.0,
        squares: 0.0,
        origin: source.origin().map_or(0.0, |origin| origin[feature]),
    };
    let mut columns: Vec<Sums> = (0..source.shape().features()).map(empty).collect();
    for_each_row(source, |row| {
        for (column, &value) in columns.iter_mut().zip(row).filter(|(_, value)| !value.is_nan()) {
            column.count += 1.0;
            column.min = column.min.min(f64::from(value));
            column.max = column.max.max(f64::from(value));
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
fn finite_or_zero(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use autoencoder_core::ExampleShape;
    use autoencoder_core::testing::Rows;
    use proptest::prelude::*;

    use super::*;
    use crate::{Matrix, Scaled};

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
    fn values_outside_the_fitted_range_are_clipped_and_counted() {
        let rows = Rows::new(2, vec![0.0, 10.0, 4.0, 30.0]);
        let scaling = Scaling::fit(ScalingKind::Unit, &rows, Seed::new(0)).expect("fitted");
        let other = Rows::new(2, vec![-1.0, 20.0, 8.0, 31.0]);
        assert_eq!(scaling.outside(&other).expect("read"), [1, 2]);
        assert_eq!(scaling.outside(&rows).expect("read"), [0, 0]);
        let excess = scaling.squared_excess(&other).expect("read");
        assert!((excess[0] - 1.0 / 16.0).abs() < 1e-6 && (excess[1] - 1.0025).abs() < 1e-6, "{excess:?}");
        let mut uncut = vec![0.0; 4];
        let scaled = Scaled::new(Arc::new(other.clone()), scaling.clone()).uncut();
        scaled.rows(&[0, 1], &mut uncut).expect("rows");
        let near =
            uncut.iter().zip([-0.25, 0.5, 2.0, 1.05]).all(|(value, right)| (value - right).abs() < 1e-6);
        assert!(near, "{uncut:?}");
        let mut values = vec![-1.0, 20.0, 8.0, 31.0];
        scaling.apply(&mut values);
        assert_eq!(values, [0.0, 0.5, 1.0, 1.0]);
        let standard = Scaling::fit(ScalingKind::Standardise, &rows, Seed::new(0)).expect("fitted");
        assert_eq!(standard.outside(&other).expect("read"), [0, 0]);
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
    fn large_offsets_leave_what_distinguishes_rows() {
        let seconds: Vec<f64> = (0..200).map(|row| 1.7e9 + f64::from(row % 50) + 0.25).collect();
        let mean = seconds.iter().sum::<f64>() / 200.0;
        // The same column as it was read by itself, and as part of a file that had another origin.
        let source = |origin: f64| {
            let values = seconds.iter().map(|value| (value - origin) as f32).collect();
            Matrix::new(ExampleShape::Flat(1), values).with_origin(vec![origin])
        };
        for kind in [ScalingKind::Standardise, ScalingKind::Robust, ScalingKind::Unit] {
            let scaling = Scaling::fit(kind, &source(1.7e9), Seed::new(0)).expect("fitted");
            let scaled = Scaled::new(Arc::new(source(1.7e9 + 30.0)), scaling.clone());
            let mut values = scaled.read(0..200).expect("rows");
            let expected = |value: f64| (value - scaling.offset[0]) * f64::from(scaling.scale[0]);
            for (value, second) in values.iter().zip(&seconds) {
                assert!((f64::from(*value) - expected(*second)).abs() < 1e-5, "{kind:?}");
            }
            let origin = scaling.invert(&mut values);
            for (value, second) in values.iter().zip(&seconds) {
                assert!((f64::from(*value) + origin[0] - second).abs() < 1e-3, "{kind:?}");
            }
        }
        let standard = Scaling::fit(ScalingKind::Standardise, &source(1.7e9), Seed::new(0)).expect("fitted");
        assert!((standard.offset[0] - mean).abs() < 1e-6);
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
                let origin = scaling.invert(&mut scaled);
                let origin = origin.iter().copied().chain([0.0; 3]).take(3).cycle();
                let back = scaled.iter().zip(origin).map(|(value, origin)| f64::from(*value) + origin);
                prop_assert!(back.zip(&values).all(|(a, b)| (a - f64::from(*b)).abs() < 1e-2));
            }
        }
    }
}
