//! `ae data show`.

use std::path::{Path, PathBuf};

use autoencoder_core::Seed;
use autoencoder_datasets::{DataFolder, Scan, Wanted};
use serde::Serialize;

use crate::error::Error;
use crate::pictures;
use crate::run::outputs;

/// What a data set is, as it stands.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// A table in a text file, not yet taken for anything.
    Table {
        /// Its path.
        name: String,
        /// How many rows it has.
        train_examples: usize,
        /// What each of its columns holds.
        scan: Scan,
    },
    /// Any other.
    Set {
        /// Its name or path.
        name: String,
        /// The shape of an example, in words.
        shape: String,
        /// The numbers of an example.
        features: usize,
        /// Examples to learn from.
        train_examples: usize,
        /// Those of its own test part.
        test_examples: Option<usize>,
        /// Whether they have labels.
        labelled: bool,
        /// The least and greatest value, where they have a natural range.
        value_range: Option<(f32, f32)>,
        /// The picture that was drawn.
        #[serde(serialize_with = "autoencoder_core::files::some_path_as_text")]
        picture: Option<PathBuf>,
    },
}

/// `ae data show`: a picture of the first examples of a data set. Returns their shape and number.
///
/// # Errors
/// What opening the data or writing the picture says.
pub fn show_data(name: &str, data: &DataFolder, picture: Option<&Path>, seed: u64) -> Result<Shown, Error> {
    if let Some(path) = picture {
        outputs::check_ending(path, &["png"], "choose a name that ends in .png")?;
        outputs::check(path, &[Path::new(name)], None)?;
    }
    let path = Path::new(name);
    let is_set = autoencoder_datasets::KINDS.iter().any(|kind| kind.name == name);
    if !is_set
        && path.exists()
        && let Some(scan) = autoencoder_datasets::scan(path, data.listener())?
    {
        return Ok(Shown::Table { name: name.to_owned(), train_examples: scan.rows, scan });
    }
    let seed = Seed::new(seed).stream("data");
    let set = autoencoder_datasets::open(Wanted::all(name, seed), data)?;
    if let Some(path) = picture {
        pictures::examples(path, &set.name, set.train.as_ref())?;
    }
    Ok(Shown::Set {
        shape: set.train.shape().to_string(),
        features: set.train.shape().features(),
        train_examples: set.train.len(),
        test_examples: set.test.as_ref().map(|test| test.len()),
        labelled: set.train.labels().is_some(),
        value_range: set.train.value_range(),
        picture: picture.map(Path::to_owned),
        name: set.name,
    })
}
