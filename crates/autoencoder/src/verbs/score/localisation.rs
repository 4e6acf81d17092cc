//! How well it is seen where in a picture something is wrong.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::{ExampleShape, Source};
use autoencoder_datasets::{Columns, Listener, Matrix, Progress, read_rows};
use autoencoder_eval::auroc;
use serde::Serialize;

use crate::error::Error;
use crate::model::scorer::Scorer;
use crate::model::trained::Trained;
use crate::pictures::image_shape;

/// How well single pixels are ranked where masks say which are wrong.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Localisation {
    /// How many pixels, of all pictures together.
    pub pixels: usize,
    /// How many of them are wrong.
    pub wrong: usize,
    /// The probability that one that is wrong is odder than one that is not.
    pub auroc: f64,
}

/// Compares the maps of scaled pictures with `masks`, a folder or file of as many pictures of the same size, white where
/// something is wrong. A map is that of the odd patches where the score is made from them, else of the squared error.
///
/// # Errors
/// What reading says; [`Error::Masks`] where they do not fit.
pub(crate) fn localise(
    (trained, scorer): (&Trained, &Scorer),
    source: &dyn Source,
    masks: &Path,
    listener: &Listener,
) -> Result<Localisation, Error> {
    let wrong = |message: String| Error::Masks { path: masks.to_owned(), message };
    let Some(shape) = image_shape(trained.card.shape) else {
        return Err(Error::NotPictures { path: masks.to_owned() });
    };
    let read = read_rows(masks, Columns::default(), listener)?.matrix;
    let fits = matches!(read.shape(), ExampleShape::Image { height, width, .. } if (height, width) == (shape.height, shape.width));
    if !fits || read.len() != source.len() {
        let (found, count) = (read.shape(), read.len());
        return Err(wrong(format!(
            "{count} of {found} for {} pictures of {}",
            source.len(),
            trained.card.shape
        )));
    }
    let (area, features) = (shape.height * shape.width, trained.card.shape.features());
    let (mut picture, mut mask) = (vec![0.0; features], vec![0.0; read.shape().features()]);
    let (mut scores, mut is_wrong) = (Vec::new(), Vec::new());
    for row in 0..source.len() {
        listener.tell(Progress::rows("comparing with masks", row, Some(source.len())));
        source.rows(&[row], &mut picture)?;
        read.rows(&[row], &mut mask)?;
        scores.extend(match scorer.map(&picture) {
            Some(map) => map,
            None => squares(trained, &picture, area)?,
        });
        is_wrong.extend(mask[..area].iter().map(|value| *value > 127.0));
    }
    let auroc = auroc(&scores, &is_wrong).ok_or_else(|| wrong("all of their pixels are alike".to_owned()))?;
    Ok(Localisation { pixels: scores.len(), wrong: is_wrong.iter().filter(|is| **is).count(), auroc })
}

/// The squared error of each pixel, summed over channels.
fn squares(trained: &Trained, picture: &[f32], area: usize) -> Result<Vec<f64>, Error> {
    let source: Arc<dyn Source> = Arc::new(Matrix::new(trained.card.shape, picture.to_vec()));
    let output = trained.reconstruct_scaled(source.as_ref())?;
    let square = |at: usize| f64::from(output[at] - picture[at]).powi(2);
    Ok((0..area).map(|pixel| (pixel..picture.len()).step_by(area).map(square).sum()).collect())
}
