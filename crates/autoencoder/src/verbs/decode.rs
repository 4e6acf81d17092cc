//! `ae decode`.

use std::path::Path;

use autoencoder_datasets::{Columns, Progress, read_rows};

use crate::data::rows::Layout;
use crate::error::Error;
use crate::model::trained::Trained;
use crate::run::written::{Seen, Written, check_output, write};

/// `ae decode`: the reconstructions of the codes in one file into another, `[examples, features]` in
/// the user's units.
///
/// # Errors
/// What reading, the shape or writing says.
pub fn decode_file(
    trained: &Trained,
    input: &Path,
    output: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Written, Error> {
    check_output(output, input, trained.home.as_deref())?;
    let reconstructions = trained.decode(&read_rows(input, Columns::default(), progress)?.matrix)?;
    write(output, &reconstructions, &Layout::of(&trained.columns()), Seen::default())
}
