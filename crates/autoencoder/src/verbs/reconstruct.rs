//! `ae reconstruct`, and `ae denoise` of a file.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::Source as _;
use autoencoder_datasets::Rows;

use crate::data::rows::RowLayout;
use crate::error::Error;
use crate::run::open::Run;
use crate::run::outputs;
use crate::run::written::{Strangeness, Written, check_output, write};

impl Run {
    /// `ae reconstruct`: decode after encode, in the user's units and with the axes of the input. A denoising autoencoder maps what
    /// was corrupted to what was clean, so this is also what denoises the rows of a file.
    ///
    /// # Errors
    /// What reading, the shape or writing says.
    pub fn reconstruct(&self, input: &Path, output: &Path) -> Result<Written, Error> {
        let trained = self.trained();
        if input.is_dir() && output.extension().is_none() {
            outputs::check(output, &[input], Some(self.folder().path()))?
        } else {
            check_output(output, input, Some(self.folder().path()))?
        }
        let Rows { matrix, axes, pictures, deep, unseen, .. } = trained.read_rows(input, self.listener())?;
        let (shape, seen) = (matrix.shape(), Strangeness::of(trained, &matrix, &unseen)?);
        let reconstructions = trained.reconstruct(Arc::new(matrix))?.with_shape(shape)?;
        let columns = trained.columns();
        let layout = RowLayout { axes, pictures: &pictures, deep, ..RowLayout::of(&columns) };
        write(output, &reconstructions, &layout, seen)
    }
}
