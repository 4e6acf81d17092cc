//! A source through a scaling.

use std::sync::Arc;

use autoencoder_core::{DataError, ExampleShape, Source};
use rand::Rng as _;

use crate::Scaling;

/// A source whose rows are scaled as they are read.
#[derive(Clone)]
pub struct Scaled {
    source: Arc<dyn Source>,
    scaling: Scaling,
    /// Whether what lies outside of the range is cut.
    cut: bool,
    /// Whether bits are drawn anew in each epoch.
    anew: bool,
}

impl Scaled {
    /// `source` through `scaling`; what lies outside of its range is cut, where it has one.
    pub fn new(source: Arc<dyn Source>, scaling: Scaling) -> Self {
        let cut = scaling.clip;
        Self { source, scaling, cut, anew: false }
    }

    /// The same with what lies outside of the range left as it is.
    pub fn uncut(self) -> Self {
        Self { cut: false, ..self }
    }

    /// The same with the bits of another stream.
    pub fn with_bits_of(self, stream: &str) -> Self {
        let bits = self.scaling.bits.map(|seed| seed.stream(stream));
        Self { scaling: Scaling { bits, ..self.scaling }, ..self }
    }

    /// The same with bits that are drawn anew in each epoch.
    pub fn drawn_anew(self) -> Self {
        Self { anew: self.scaling.bits.is_some(), ..self }
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
        self.scaling.apply_from(out, self.source.origin(), self.cut);
        let (Some(seed), features) = (self.scaling.bits, out.len() / index.len().max(1)) else {
            return Ok(());
        };
        for (&row, values) in index.iter().zip(out.chunks_exact_mut(features.max(1))) {
            let mut rng = seed.at(row as u64).rng();
            for value in values {
                let uniform = f64::from(rng.next_u32()) / 4_294_967_296.0;
                *value = if uniform < f64::from(*value) { 1.0 } else { 0.0 };
            }
        }
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

    fn known(&self, index: &[usize], out: &mut [f32]) -> Result<bool, DataError> {
        if self.scaling.fill.is_empty() {
            return Ok(false);
        }
        self.source.rows(index, out)?;
        out.iter_mut().for_each(|value| *value = f32::from(!value.is_nan()));
        Ok(true)
    }

    fn in_epoch(&self, epoch: usize) -> Option<Arc<dyn Source>> {
        let seed = self.scaling.bits.filter(|_| self.anew)?;
        let bits = Some(seed.stream("epoch").at(epoch as u64));
        Some(Arc::new(Self { scaling: Scaling { bits, ..self.scaling.clone() }, ..self.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::Seed;
    use autoencoder_core::testing::Rows;

    use super::*;
    use crate::{Column, Matrix, ScalingKind};

    #[test]
    fn bits_are_ones_as_often_as_the_value_says_and_the_same_whenever_a_row_is_read() {
        let rows: Arc<dyn Source> = Arc::new(Matrix::from_bytes(ExampleShape::Flat(2), [0, 51].repeat(4000)));
        let of = |seed| {
            let scaling = Scaling::fit(ScalingKind::Binary, rows.as_ref(), Seed::new(seed)).expect("fitted");
            let bits = Scaled::new(Arc::clone(&rows), scaling);
            let values = bits.read(0..4000).expect("rows");
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
    fn bits_are_drawn_anew_in_each_epoch_and_by_stream_where_they_are_asked_to_be() {
        let rows: Arc<dyn Source> = Arc::new(Matrix::from_bytes(ExampleShape::Flat(4), vec![128; 400]));
        let scaling = Scaling::fit(ScalingKind::Binary, rows.as_ref(), Seed::new(1)).expect("fitted");
        let of = |source: &dyn Source| source.read(0..100).expect("rows");
        let fixed = Scaled::new(Arc::clone(&rows), scaling);
        assert!(fixed.in_epoch(1).is_none());
        assert_ne!(of(&fixed), of(&fixed.clone().with_bits_of("test")));
        let anew = fixed.drawn_anew();
        let epoch = |number| of(anew.in_epoch(number).expect("another").as_ref());
        assert_eq!(epoch(3), epoch(3));
        assert_ne!(epoch(3), epoch(4));
        let subset = autoencoder_core::Subset::new(Arc::new(anew.clone()), vec![7, 3]).expect("rows");
        let mut some = vec![0.0; 8];
        subset.in_epoch(3).expect("another").rows(&[0, 1], &mut some).expect("rows");
        assert_eq!(some[..4], epoch(3)[28..32]);
    }

    #[test]
    fn words_are_left_as_they_are_and_known_values_are_told_from_filled_ones() {
        let columns =
            [Column::number("a"), Column { words: vec!["x".into(), "y".into()], ..Column::number("b") }];
        let rows = Rows::new(3, vec![1.0, 0.0, 1.0, 3.0, 1.0, 0.0, f32::NAN, 0.0, 0.0]);
        let scaling = Scaling::fit(ScalingKind::Standardise, &rows, Seed::new(0)).expect("fitted");
        let scaling = scaling.leaving_words(&columns).with_means(&rows).expect("read");
        assert_eq!((scaling.offset[1..].to_vec(), scaling.scale[1..].to_vec()), (vec![0.0; 2], vec![1.0; 2]));
        let scaled = Scaled::new(Arc::new(rows), scaling);
        let mut known = vec![0.5; 6];
        assert!(scaled.known(&[0, 2], &mut known).expect("read"));
        assert_eq!(known, [1.0, 1.0, 1.0, 0.0, 1.0, 1.0]);
    }
}
