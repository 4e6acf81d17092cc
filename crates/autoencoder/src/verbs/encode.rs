//! `ae encode`.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::{ExampleShape, Source, Subset};
use autoencoder_datasets::{Matrix, Rows};

use crate::data::rows;
use crate::data::rows::RowLayout;
use crate::data::shard::Shard;
use crate::error::Error;
use crate::model::trained::BATCH;
use crate::run::open::Run;
use crate::run::written::{Strangeness, Written, check_output, write};

impl Run {
    /// `ae encode`: the codes of the rows of one file, or of a shard of them, into another, `[examples, codes]`. The files of
    /// all shards one after the other have the codes of the whole to the bit, and of `.csv` files its bytes: only the first
    /// names the columns.
    ///
    /// # Errors
    /// What reading, the shape or writing says.
    pub fn encode(&self, input: &Path, output: &Path, shard: Shard) -> Result<Written, Error> {
        let trained = self.trained();
        check_output(output, input, Some(self.folder().path()))?;
        let Rows { matrix, unseen, .. } = trained.read_rows(input, self.listener())?;
        let examples: Arc<dyn Source> = Arc::new(matrix);
        // Bits are drawn by the row's place in the whole.
        let cut = shard.cut(Arc::new(trained.scaled(Arc::clone(&examples))?), BATCH)?;
        let own = Subset::new(examples, cut.rows.clone().collect())?;
        let seen = Strangeness::of(trained, &own, unseen.get(cut.rows.clone()).unwrap_or_default())?;
        let width = trained.card.code_size;
        let codes = trained.codes_of(cut.computed.as_ref())?;
        let codes = Matrix::new(ExampleShape::Flat(width), cut.keep(&codes, width));
        let columns = rows::numbered("code", width);
        let layout = RowLayout { heading: shard.heading(), ..RowLayout::of(&columns) };
        write(output, &codes, &layout, seen)
    }
}
