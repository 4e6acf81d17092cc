//! The verbs that put data through a trained model.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use autoencoder_core::{ExampleShape, Seed, Source, Subset};
use autoencoder_datasets::{Columns, DataFolder, Matrix, Progress, Rows, Scan, Wanted, read_rows};
use burn::tensor::{Tensor, TensorData};
use serde::Serialize;

use crate::rows::Layout;
use crate::trained::{BATCH, Trained};
use crate::{Error, RunConfig, RunFolder, Shard, outputs, pictures, rows};

/// What a verb wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The file.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub output: PathBuf,
    /// The number of examples.
    pub rows: usize,
    /// The number of values of each.
    pub columns: usize,
    /// How many values of the input lay outside of the range of the training part.
    pub outside: u64,
    /// Whether they were cut to it, since the loss is not defined elsewhere.
    pub cut: bool,
    /// How many rows hold words that training did not have.
    pub unseen: usize,
}

/// `ae encode`: the codes of the rows of one file, or of a shard of them, into another, `[examples, codes]`. The files of
/// all shards one after the other have the codes of the whole to the bit, and of `.csv` files its bytes: only the first
/// names the columns.
///
/// # Errors
/// What reading, the shape or writing says.
pub fn encode_file(
    trained: &Trained,
    input: &Path,
    output: &Path,
    shard: Shard,
    progress: &mut dyn FnMut(Progress),
) -> Result<Written, Error> {
    check_output(output, input, trained.home.as_deref())?;
    let Rows { matrix, unseen, .. } = trained.read_rows(input, progress)?;
    let examples: Arc<dyn Source> = Arc::new(matrix);
    // Bits are drawn by the row's place in the whole.
    let cut = shard.cut(Arc::new(trained.scaled(Arc::clone(&examples))?), BATCH)?;
    let own = Subset::new(examples, cut.rows.clone().collect())?;
    let seen = Seen::of(trained, &own, unseen.get(cut.rows.clone()).unwrap_or_default())?;
    let width = trained.card.code_size;
    let codes = trained.codes_of(cut.computed.as_ref())?;
    let codes = Matrix::new(ExampleShape::Flat(width), cut.keep(&codes, width));
    let columns = rows::numbered("code", width);
    let layout = Layout { heading: shard.heading(), ..Layout::of(&columns) };
    write(output, &codes, &layout, seen)
}

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

/// `ae reconstruct`: decode after encode, in the user's units and with the axes of the input.
///
/// # Errors
/// What reading, the shape or writing says.
pub fn reconstruct_file(
    trained: &Trained,
    input: &Path,
    output: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Written, Error> {
    match input.is_dir() && output.extension().is_none() {
        true => outputs::check(output, &[input], trained.home.as_deref())?,
        false => check_output(output, input, trained.home.as_deref())?,
    }
    let Rows { matrix, axes, pictures, deep, unseen, .. } = trained.read_rows(input, progress)?;
    let (shape, seen) = (matrix.shape(), Seen::of(trained, &matrix, &unseen)?);
    let reconstructions = trained.reconstruct(Arc::new(matrix))?.with_shape(shape)?;
    let columns = trained.columns();
    let layout = Layout { axes, pictures: &pictures, deep, ..Layout::of(&columns) };
    write(output, &reconstructions, &layout, seen)
}

/// `ae denoise` of a file: a denoising autoencoder maps what was corrupted to what was clean, so this
/// is the reconstruction of the noisy rows as they are.
///
/// # Errors
/// Those of [`reconstruct_file`].
pub fn denoise_file(
    trained: &Trained,
    input: &Path,
    output: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<Written, Error> {
    reconstruct_file(trained, input, output, progress)
}

/// Whether rows of numbers that are made from `input` may be written to `output`, before anything is computed.
pub(super) fn check_output(output: &Path, input: &Path, home: Option<&Path>) -> Result<(), Error> {
    outputs::check_ending(
        output,
        &["npy", "csv", "parquet"],
        "choose a name that ends in .npy, .csv or .parquet",
    )?;
    outputs::check(output, &[input], home)
}

pub(super) fn write(
    output: &Path,
    source: &dyn Source,
    layout: &Layout<'_>,
    Seen { outside, cut, unseen }: Seen,
) -> Result<Written, Error> {
    let (rows, columns) = rows::write(output, source, layout)?;
    Ok(Written { output: output.to_owned(), rows, columns, outside, cut, unseen })
}

/// What of some rows training had not seen.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) outside: u64,
    pub(super) cut: bool,
    pub(super) unseen: usize,
}

impl Seen {
    /// Of rows, of each of which so many words are unknown.
    fn of(trained: &Trained, rows: &dyn Source, unseen: &[u32]) -> Result<Self, Error> {
        Ok(Self {
            outside: trained.outside(rows)?.into_iter().map(u64::from).sum(),
            cut: trained.card.loss.is_bounded(),
            unseen: unseen.iter().filter(|&&count| count > 0).count(),
        })
    }
}

/// What denoising did to newly corrupted test examples. Errors are against the clean examples, in
/// scaled units, summed over features and averaged over examples.
#[derive(Clone, Debug, Serialize)]
pub struct Denoising {
    /// The corruption as the configuration names it.
    pub corruption: &'static str,
    /// How many examples were corrupted.
    pub examples: usize,
    /// Squared error of the corrupted examples.
    pub corrupted_squared_error_per_example: f64,
    /// Squared error of their reconstructions.
    pub denoised_squared_error_per_example: f64,
    /// The second over the first.
    pub ratio: f64,
}

/// `ae denoise` without a file: corrupts the test part of the run's data anew, with `config`'s
/// corruption and a seed the training never used, and denoises it.
///
/// # Errors
/// [`Error::NoCorruption`] where the configuration has none; what the data say.
pub fn denoise_test(
    folder: &RunFolder,
    trained: &Trained,
    config: &RunConfig,
    data: &DataFolder,
    seed: u64,
    fetching: &mut dyn FnMut(Progress),
) -> Result<Denoising, Error> {
    let corruption = config.corruption.as_ref().ok_or(Error::NoCorruption)?.build();
    let parts = trained.parts(folder, data, fetching)?;
    let clean = read(parts.test.as_ref())?;
    let features = parts.shape.features();
    let rows = clean.len() / features;
    let noisy = corrupt(corruption.as_ref(), &clean, features, Seed::new(seed).stream("denoise"), trained);
    let source = Matrix::new(parts.shape, noisy.clone());
    let denoised = trained.reconstruct_scaled(&source)?;
    let error = |values: &[f32]| squared_error(values, &clean) / rows as f64;
    let (corrupted, denoised) = (error(&noisy), error(&denoised));
    Ok(Denoising {
        corruption: corruption.name(),
        examples: rows,
        corrupted_squared_error_per_example: corrupted,
        denoised_squared_error_per_example: denoised,
        ratio: denoised / corrupted,
    })
}

/// `ae data show`: a picture of the first examples of a data set. Returns their shape and number.
///
/// # Errors
/// What opening the data or writing the picture says.
pub fn show_data(
    name: &str,
    data: &DataFolder,
    picture: Option<&Path>,
    seed: u64,
    fetching: &mut dyn FnMut(Progress),
) -> Result<serde_json::Value, Error> {
    if let Some(path) = picture {
        outputs::check_ending(path, &["png"], "choose a name that ends in .png")?;
        outputs::check(path, &[Path::new(name)], None)?;
    }
    let path = Path::new(name);
    let is_set = autoencoder_datasets::KINDS.iter().any(|kind| kind.name == name);
    if !is_set
        && path.exists()
        && let Some(scan) = autoencoder_datasets::scan(path, fetching)?
    {
        let command = command(name, &scan);
        return Ok(serde_json::json!({
            "name": name,
            "train_examples": scan.rows,
            "scan": scan,
            "command": command,
        }));
    }
    let seed = Seed::new(seed).stream("data");
    let set = autoencoder_datasets::open(Wanted::all(name, seed), data, fetching)?;
    if let Some(path) = picture {
        pictures::examples(path, &set.name, set.train.as_ref())?;
    }
    Ok(serde_json::json!({
        "name": set.name,
        "shape": set.train.shape().to_string(),
        "features": set.train.shape().features(),
        "train_examples": set.train.len(),
        "test_examples": set.test.as_ref().map(|test| test.len()),
        "labelled": set.train.labels().is_some(),
        "value_range": set.train.value_range(),
        "picture": picture,
    }))
}

/// The command that learns from a table as it is.
fn command(name: &str, scan: &Scan) -> String {
    let quoted = |word: &str| match word.chars().all(|c| c.is_ascii_alphanumeric() || "._-/=,".contains(c)) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let mut words = vec!["ae train --data".to_owned(), quoted(name)];
    if let Some(label) = scan.label() {
        words.extend(["--label".to_owned(), quoted(label)]);
    }
    let dropped = scan.dropped();
    if !dropped.is_empty() {
        words.extend(["--drop".to_owned(), quoted(&dropped.join(","))]);
    }
    if scan.has_gaps() {
        words.push("--set data.missing=mean".to_owned());
    }
    words.join(" ")
}

/// All rows of a source, one after the other.
pub(crate) fn read(source: &dyn Source) -> Result<Vec<f32>, Error> {
    let mut values = vec![0.0; source.len() * source.shape().features()];
    let index: Vec<usize> = (0..source.len()).collect();
    source.rows(&index, &mut values)?;
    Ok(values)
}

/// `values` corrupted, both `[rows, features]` row by row.
pub(crate) fn corrupt(
    corruption: &dyn autoencoder_core::Corruption,
    values: &[f32],
    features: usize,
    seed: Seed,
    trained: &Trained,
) -> Vec<f32> {
    let clean = TensorData::new(values.to_vec(), [values.len() / features, features]);
    let noisy = corruption.corrupt(Tensor::from_data(clean, &trained.device), seed);
    noisy.into_data().iter::<f32>().collect()
}

fn squared_error(values: &[f32], clean: &[f32]) -> f64 {
    values.iter().zip(clean).map(|(value, clean)| f64::from(value - clean).powi(2)).sum()
}
