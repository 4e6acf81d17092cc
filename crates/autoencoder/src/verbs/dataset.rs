//! `ae data write`: a data set as a folder of pictures.

use std::path::{Path, PathBuf};

use autoencoder_core::{ExampleShape, Seed, Source};
use autoencoder_datasets::{Axes, Columns, DataFolder, Heading, Matrix, Wanted, write_pictures, write_rows};
use serde::Serialize;

use crate::error::Error;

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct DataWritten {
    /// The data set.
    pub name: String,
    /// Where its pictures are.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub folder: PathBuf,
    /// The shape of one, in words.
    pub shape: String,
    /// How many there are to learn from.
    pub train_examples: usize,
    /// How many there are for the test.
    pub test_examples: Option<usize>,
}

/// Writes the pictures of a data set into a folder: `train/CLASS/NUMBER.png` and `test/CLASS/NUMBER.png`; where it is known
/// what is wrong with those of the test part also `masks/CLASS/NUMBER.png` and `labels.npy`, which has a 1 for each that is
/// not of the first class, in the order in which a folder is read. Pictures of `side` pixels where the set has a choice.
///
/// # Errors
/// What opening says; [`Error::BadOutput`] where the folder holds anything or examples are no pictures; pictures that cannot be written.
pub fn write_data(
    name: &str,
    data: &DataFolder,
    folder: &Path,
    (seed, side): (u64, Option<usize>),
) -> Result<DataWritten, Error> {
    let bad = |remedy| Error::BadOutput { path: folder.to_owned(), remedy };
    let shape = side.map(|side| [3, side, side]);
    let columns = Columns { shape, ..Columns::default() };
    let wanted = Wanted { columns, ..Wanted::all(name, Seed::new(seed).stream("data")) };
    let set = autoencoder_datasets::open(wanted, data)?;
    if !matches!(set.train.shape(), ExampleShape::Image { .. }) {
        return Err(bad("its examples are not pictures: choose a set of pictures"));
    }
    match crate::run::folder::RunFolder::new(folder).check_unused() {
        Err(Error::RunExists { .. }) => return Err(bad("the folder is not empty: name another with -o")),
        other => other?,
    }
    let names = |source: &dyn Source| -> Vec<PathBuf> {
        let class = |row: usize| {
            let label = source.labels().map_or(0, |labels| labels[row]);
            let named = usize::try_from(label).ok().and_then(|label| set.names_of_classes.get(label));
            named.cloned().unwrap_or_else(|| label.to_string())
        };
        (0..source.len()).map(|row| Path::new(&class(row)).join(format!("{row:05}.png"))).collect()
    };
    write_pictures(&folder.join("train"), set.train.as_ref(), &names(set.train.as_ref()), false)?;
    if let Some(test) = &set.test {
        let names = names(test.as_ref());
        write_pictures(&folder.join("test"), test.as_ref(), &names, false)?;
        if let Some(masks) = &set.test_masks {
            write_pictures(&folder.join("masks"), masks.as_ref(), &names, false)?;
            let labels = test.labels().unwrap_or_default();
            let mut odd: Vec<(&PathBuf, f32)> =
                names.iter().zip(labels).map(|(name, label)| (name, f32::from(*label != 0))).collect();
            odd.sort_by_key(|(name, _)| *name);
            let odd = odd.into_iter().map(|(_, is)| is).collect();
            let matrix = Matrix::new(ExampleShape::Flat(1), odd);
            write_rows(&folder.join("labels.npy"), &matrix, Axes::Rows, &[], Heading::Names)?;
        }
    }
    Ok(DataWritten {
        folder: folder.to_owned(),
        shape: set.train.shape().to_string(),
        train_examples: set.train.len(),
        test_examples: set.test.as_ref().map(|test| test.len()),
        name: set.name,
    })
}
