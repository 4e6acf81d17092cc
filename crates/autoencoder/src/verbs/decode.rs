//! `ae decode`.

use std::path::Path;

use autoencoder_datasets::{Columns, read_rows};

use crate::data::rows::RowLayout;
use crate::error::Error;
use crate::run::open::Run;
use crate::run::written::{Strangeness, Written, check_output, write};

impl Run {
    /// `ae decode`: the reconstructions of the codes in one file into another, `[examples, features]` in
    /// the user's units.
    ///
    /// # Errors
    /// What reading, the shape or writing says.
    pub fn decode(&self, input: &Path, output: &Path) -> Result<Written, Error> {
        let trained = self.trained();
        check_output(output, input, Some(self.folder().path()))?;
        let reconstructions =
            trained.decode(&read_rows(input, Columns::default(), self.listener())?.matrix)?;
        write(output, &reconstructions, &RowLayout::of(&trained.columns()), Strangeness::default())
    }
}
