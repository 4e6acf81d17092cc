//! Examples in memory.

use autoencoder_core::{DataError, ExampleShape, Source, check_rows};

/// Examples in memory, one after the other, as f32 or as the bytes that pixels come in.
///
/// ```
/// use autoencoder_core::{ExampleShape, Source};
/// use autoencoder_datasets::Matrix;
///
/// let rows = Matrix::new(ExampleShape::Flat(2), vec![1.0, 2.0, 3.0, 4.0]).with_labels(vec![0, 1]);
/// assert_eq!((rows.len(), rows.labels()), (2, Some(&[0, 1][..])));
/// ```
#[derive(Clone, Debug)]
pub struct Matrix {
    shape: ExampleShape,
    values: Values,
    labels: Option<Vec<i64>>,
    value_range: Option<(f32, f32)>,
    /// See [`Source::origin`]; empty where there is none.
    origin: Vec<f64>,
    /// See [`Source::known`]; empty where all values are.
    known: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Values {
    Floats(Vec<f32>),
    Bytes(Vec<u8>),
}

impl Matrix {
    /// Rows of `shape`, one after the other; what is left over of a last incomplete row is no example.
    pub fn new(shape: ExampleShape, values: Vec<f32>) -> Self {
        Self {
            shape,
            values: Values::Floats(values),
            labels: None,
            value_range: None,
            origin: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Pixels from 0 to 255, kept as bytes: a quarter of the memory.
    pub fn from_bytes(shape: ExampleShape, values: Vec<u8>) -> Self {
        let value_range = Some((0.0, 255.0));
        Self {
            shape,
            values: Values::Bytes(values),
            labels: None,
            value_range,
            origin: Vec::new(),
            known: Vec::new(),
        }
    }

    /// The same examples with the range that their values tell of: `(0, 1)` where none lies outside of it, and
    /// `(0, 255)` for bytes of pictures, and for those of rows that reach about that far: others are numbers like any.
    pub fn with_natural_range(self) -> Self {
        let value_range = match &self.values {
            Values::Floats(_) if !self.origin.is_empty() => None,
            Values::Floats(values) => {
                let lies_within = |value: &f32| value.is_nan() || (0.0..=1.0).contains(value);
                values.iter().all(lies_within).then_some((0.0, 1.0))
            }
            Values::Bytes(values) if values.iter().all(|&byte| byte <= 1) => Some((0.0, 1.0)),
            Values::Bytes(values) => {
                let (low, high) = (values.iter().min(), values.iter().max());
                let are_pixels = low.is_some_and(|low| *low < 16) && high.is_some_and(|high| *high >= 240);
                (are_pixels || matches!(self.shape, ExampleShape::Image { .. })).then_some((0.0, 255.0))
            }
        };
        Self { value_range, ..self }
    }

    /// The same examples seen as others of the same number of values.
    ///
    /// # Errors
    /// [`DataError::WrongShape`] where the number differs.
    pub fn with_shape(self, shape: ExampleShape) -> Result<Self, DataError> {
        if shape.features() == self.shape.features() {
            Ok(Self { shape, ..self })
        } else {
            Err(DataError::WrongShape { expected: shape, found: self.shape })
        }
    }

    /// The row, the column and the value of the first NaN or infinity.
    pub fn first_not_finite(&self) -> Option<(usize, usize, f32)> {
        let Values::Floats(values) = &self.values else { return None };
        let index = values.iter().position(|value| !value.is_finite())?;
        let features = self.shape.features();
        Some((index / features, index % features, values[index]))
    }

    /// The same examples with NaN for every value that is not finite.
    pub(crate) fn with_missing(mut self) -> Self {
        if let Values::Floats(values) = &mut self.values {
            values.iter_mut().filter(|value| !value.is_finite()).for_each(|value| *value = f32::NAN);
        }
        self
    }

    /// The same examples with a class each.
    pub fn with_labels(self, labels: Vec<i64>) -> Self {
        Self { labels: Some(labels), ..self }
    }

    /// The same rows, of which `origin` was taken off, one number for each feature; none where it is empty.
    pub fn with_origin(self, origin: Vec<f64>) -> Self {
        Self { origin, ..self }
    }

    /// The same rows, of whose values those that are not 1 were filled in; none where it is empty.
    pub fn with_known(self, known: Vec<f32>) -> Self {
        Self { known, ..self }
    }

    /// The same rows, whose values lie in that range by nature.
    pub(crate) fn with_range(self, low: f32, high: f32) -> Self {
        Self { value_range: Some((low, high)), ..self }
    }

    /// The values, where they are bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match &self.values {
            Values::Bytes(values) => values,
            Values::Floats(_) => &[],
        }
    }
}

impl Source for Matrix {
    fn shape(&self) -> ExampleShape {
        self.shape
    }

    fn len(&self) -> usize {
        let values = match &self.values {
            Values::Floats(values) => values.len(),
            Values::Bytes(values) => values.len(),
        };
        values / self.shape.features().max(1)
    }

    fn rows(&self, index: &[usize], out: &mut [f32]) -> Result<(), DataError> {
        check_rows(index, self.len())?;
        let features = self.shape.features();
        for (&row, out) in index.iter().zip(out.chunks_exact_mut(features)) {
            let range = row * features..(row + 1) * features;
            match &self.values {
                Values::Floats(values) => out.copy_from_slice(&values[range]),
                Values::Bytes(values) => {
                    out.iter_mut().zip(&values[range]).for_each(|(out, &byte)| *out = f32::from(byte));
                }
            }
        }
        Ok(())
    }

    fn labels(&self) -> Option<&[i64]> {
        self.labels.as_deref()
    }

    fn value_range(&self) -> Option<(f32, f32)> {
        self.value_range
    }

    fn known(&self, index: &[usize], out: &mut [f32]) -> Result<bool, DataError> {
        check_rows(index, self.len())?;
        let features = self.shape.features();
        for (&row, out) in index.iter().zip(out.chunks_exact_mut(features)).filter(|_| !self.known.is_empty())
        {
            out.copy_from_slice(&self.known[row * features..(row + 1) * features]);
        }
        Ok(!self.known.is_empty())
    }

    fn origin(&self) -> Option<&[f64]> {
        (!self.origin.is_empty()).then_some(&self.origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_rows_are_pixels_only_where_they_reach_as_far() {
        let range = |shape, values: &[u8]| {
            Matrix::from_bytes(shape, values.to_vec()).with_natural_range().value_range()
        };
        let picture = ExampleShape::Image { channels: 1, height: 1, width: 2 };
        assert_eq!(range(ExampleShape::Flat(2), &[0, 90, 255, 3]), Some((0.0, 255.0)));
        assert_eq!(range(ExampleShape::Flat(2), &[1, 10, 4, 7]), None);
        assert_eq!(range(picture, &[1, 10, 4, 7]), Some((0.0, 255.0)));
        assert_eq!(range(ExampleShape::Flat(2), &[0, 1, 1, 0]), Some((0.0, 1.0)));
    }
}
