//! `ae predict`: what a classifier, or a regressor, says of the rows of a file.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::ExampleShape;
use autoencoder_datasets::{Column, Listener, Matrix, is_table};

use crate::data::rows::{self, Layout};
use crate::error::Error;
use crate::model::classifier::Classifier;
use crate::run::written::{Seen, Written, check_output, write};

impl Classifier {
    /// Writes what the classifier says of each row of `input`: into a table its class and the probability of each, into a `.npy`
    /// array the probabilities, `[examples, classes]`; of a regressor its number, `[examples, 1]`.
    ///
    /// # Errors
    /// What reading, the shape or writing says.
    pub fn predict_file(&self, input: &Path, output: &Path, listener: &Listener) -> Result<Written, Error> {
        check_output(output, input, self.home.as_deref())?;
        let card = &self.card;
        let rows = rows::read(input, card.shape, card.columns.as_deref(), &card.scaling, listener)?;
        let (examples, unseen) = (rows.matrix, rows.unseen);
        let outside = card.scaling.outside(&examples)?.into_iter().map(u64::from).sum();
        let seen = Seen { outside, cut: true, unseen: unseen.iter().filter(|&&count| count > 0).count() };
        let outputs = self.predict(Arc::new(examples))?;
        let (values, columns) = match card.number {
            Some(_) => (outputs, vec![Column::number("number")]),
            None => {
                let shares: Vec<f32> =
                    outputs.chunks_exact(card.classes.len().max(1)).flat_map(softmax).collect();
                let mut columns: Vec<Column> =
                    card.classes.iter().map(|class| Column::number(format!("p_{class}"))).collect();
                match is_table(output) {
                    false => (shares, columns),
                    true => {
                        // The word of a column is the one with the greatest of its features.
                        columns.insert(0, Column { words: card.classes.clone(), ..Column::number("class") });
                        let twice = shares
                            .chunks_exact(card.classes.len().max(1))
                            .flat_map(|row| [row, row].concat());
                        (twice.collect(), columns)
                    }
                }
            }
        };
        let width = columns.iter().map(Column::features).sum();
        let answers = Matrix::new(ExampleShape::Flat(width), values);
        write(output, &answers, &Layout::of(&columns), seen)
    }
}

/// The probability of each class from its logit.
fn softmax(logits: &[f32]) -> Vec<f32> {
    let greatest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let exponentials: Vec<f32> = logits.iter().map(|logit| (logit - greatest).exp()).collect();
    let sum: f32 = exponentials.iter().sum();
    exponentials.into_iter().map(|exponential| exponential / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_sum_to_one_and_great_logits_stay_finite() {
        let shares = softmax(&[1000.0, 1000.0 - 2.0_f32.ln()]);
        assert!((shares[0] - 2.0 / 3.0).abs() < 1e-5 && (shares[1] - 1.0 / 3.0).abs() < 1e-5, "{shares:?}");
    }
}
