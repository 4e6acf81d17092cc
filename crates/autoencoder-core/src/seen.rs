//! What a step of training has seen, for state that no gradient moves.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};

/// What the passes of one step have seen: named sums over examples, such as how often each unit fired, and named rows,
/// such as the examples that were reconstructed worst. A batch may be taken in parts, one after the other or on several
/// devices; [`Seen::join`] makes one of theirs, in the order of the parts, so that [`crate::Autoencoder::after_step`] knows
/// nothing of parts. Nothing in it is differentiated.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    sums: BTreeMap<&'static str, Tensor<2>>,
    rows: BTreeMap<&'static str, Tensor<2>>,
}

impl Seen {
    /// Nothing.
    pub fn nothing() -> Self {
        Self::default()
    }

    /// With a sum over the examples of a pass, of any shape that is the same for every batch. It must be a sum, not a
    /// mean: those of the parts are added. The name replaces an earlier sum of that name.
    pub fn with_sum(mut self, name: &'static str, sum: Tensor<2>) -> Self {
        self.sums.insert(name, sum.detach());
        self
    }

    /// With rows of a pass, `[count, width]`, where `count` may differ from part to part. The name replaces earlier rows of
    /// that name.
    pub fn with_rows(mut self, name: &'static str, rows: Tensor<2>) -> Self {
        self.rows.insert(name, rows.detach());
        self
    }

    /// The sum of that name over all examples of the step; `None` where no pass had one.
    pub fn sum(&self, name: &str) -> Option<Tensor<2>> {
        self.sums.get(name).cloned()
    }

    /// The rows of that name, those of the first part first; `None` where no pass had any.
    pub fn rows(&self, name: &str) -> Option<Tensor<2>> {
        self.rows.get(name).cloned()
    }

    /// What this part and the `next` one have seen together, on `device`.
    pub fn join(mut self, next: Self, device: &Device) -> Self {
        for (name, sum) in next.sums {
            let sum = sum.to_device(device);
            let joined = match self.sums.remove(name) {
                Some(before) => before + sum,
                None => sum,
            };
            self.sums.insert(name, joined);
        }
        for (name, rows) in next.rows {
            let rows = rows.to_device(device);
            let joined = match self.rows.remove(name) {
                Some(before) => Tensor::cat(vec![before, rows], 0),
                None => rows,
            };
            self.rows.insert(name, joined);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_parts_are_added_and_their_rows_follow_one_another() {
        let device = Device::flex();
        let part = |count: f32, row: [f32; 2]| {
            let rows = Tensor::from_data([row], &device);
            Seen::nothing().with_sum("count", Tensor::from_data([[count]], &device)).with_rows("worst", rows)
        };
        let more = Seen::nothing().with_sum("codes", Tensor::from_data([[7.0]], &device));
        let seen = [part(2.0, [1.0, 2.0]), part(3.0, [3.0, 4.0]), more]
            .into_iter()
            .fold(Seen::nothing(), |seen, next| seen.join(next, &device));
        let values =
            |tensor: Option<Tensor<2>>| -> Vec<f32> { tensor.expect("seen").into_data().iter().collect() };
        assert_eq!(values(seen.sum("count")), [5.0]);
        assert_eq!(values(seen.sum("codes")), [7.0]);
        assert_eq!(values(seen.rows("worst")), [1.0, 2.0, 3.0, 4.0]);
        assert!(seen.sum("worst").is_none() && seen.rows("nothing").is_none());
    }
}
