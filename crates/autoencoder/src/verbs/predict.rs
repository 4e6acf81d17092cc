//! `ae predict`: what a classifier, or a regressor, says of the rows of a file.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::ExampleShape;
use autoencoder_datasets::{Column, Listener, Matrix, is_table};
use autoencoder_eval::softmax;

use crate::data::rows::{self, RowLayout};
use crate::error::Error;
use crate::model::classifier::Classifier;
use crate::run::written::{Strangeness, Written, check_output, write};

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
        let seen =
            Strangeness { outside, cut: true, unseen: unseen.iter().filter(|&&count| count > 0).count() };
        let outputs = self.predict(Arc::new(examples))?;
        let (values, columns) = match card.number {
            Some(_) => (outputs, vec![Column::number("number")]),
            None => {
                let shares: Vec<f32> =
                    outputs.chunks_exact(card.classes.len().max(1)).flat_map(softmax).collect();
                let mut columns: Vec<Column> =
                    card.classes.iter().map(|class| Column::number(format!("p_{class}"))).collect();
                if is_table(output) {
                    // The word of a column is the one with the greatest of its features.
                    columns.insert(0, Column { words: card.classes.clone(), ..Column::number("class") });
                    let twice =
                        shares.chunks_exact(card.classes.len().max(1)).flat_map(|row| [row, row].concat());
                    (twice.collect(), columns)
                } else {
                    (shares, columns)
                }
            }
        };
        let width = columns.iter().map(Column::features).sum();
        let answers = Matrix::new(ExampleShape::Flat(width), values);
        write(output, &answers, &RowLayout::of(&columns), seen)
    }
}
