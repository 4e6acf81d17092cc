//! `ae sample` and `ae interpolate`: new examples from codes.

use std::path::PathBuf;

use autoencoder_core::{Autoencoder as _, ExampleShape, Seed, Source, standard_normal};
use autoencoder_datasets::{Axes, Heading, Matrix, write_rows};
use autoencoder_models::{GaussianMixture, GivenUp};
use serde::Serialize;

use crate::error::Error;
use crate::pictures;
use crate::run::folder::RunFolder;
use crate::run::open::Run;
use crate::run::outputs;
use crate::training::memory;

/// Where new examples go.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    /// A `.npy` file, `[examples, features]` in the user's units.
    pub array: Option<PathBuf>,
    /// A PNG file; absent: in the run's `plots/`.
    pub picture: Option<PathBuf>,
}

/// What was generated.
#[derive(Clone, Debug, Serialize)]
pub struct Generated {
    /// How many examples.
    pub examples: usize,
    /// What their codes come from.
    pub codes: String,
    /// The picture.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub picture: PathBuf,
    /// The `.npy` file, where one was asked for.
    #[serde(serialize_with = "autoencoder_core::files::some_path_as_text")]
    pub array: Option<PathBuf>,
}

/// What [`Run::sample`] draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// How many examples.
    pub count: usize,
    /// The most Gaussians in the mixture that stands in for a prior where the model has none.
    pub components: usize,
    /// The seed of the codes.
    pub seed: u64,
}

/// What an interpolation goes between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Between {
    /// The codes of two test examples, in a straight line.
    Examples {
        /// The first, from 0.
        from: usize,
        /// The last.
        to: usize,
    },
    /// The values of one code unit that 96 % of the test examples lie between, the others as in a test
    /// example.
    Unit {
        /// The unit, from 0.
        unit: usize,
        /// The test example that the other units are taken from.
        example: usize,
    },
}

/// Codes that examples are made from.
struct New {
    codes: Vec<f32>,
    origin: String,
    /// Of the picture, and what it is called where no name is asked for.
    title: String,
    picture: &'static str,
}

impl Run {
    /// Draws new examples: from the prior of a variational model, otherwise from a mixture of Gaussians fitted
    /// to the codes of the training part.
    ///
    /// # Errors
    /// What opening the data, fitting the mixture or writing says.
    pub fn sample(&self, draw: Sampling, outputs: &Outputs) -> Result<Generated, Error> {
        let Sampling { count, components, seed } = draw;
        let trained = self.trained();
        check_outputs(outputs, self.folder())?;
        let seed = Seed::new(seed).stream("sample");
        let width = trained.model.code_size();
        memory::check_rows("samples", count, width + trained.card.shape.features())?;
        let (codes, origin) = if trained.has_prior() {
            let codes = standard_normal([count, width], seed, &trained.device);
            (codes.into_data().iter().collect(), "the prior N(0, 1)".to_owned())
        } else {
            let parts = self.parts()?;
            let mixture = GaussianMixture::fit(&trained.codes_of(parts.train.as_ref())?, width, components)?;
            let mut origin =
                format!("a mixture of {} Gaussians fitted to the training codes", mixture.components());
            if let Some(GivenUp { components, reason }) = mixture.given_up().first() {
                origin.push_str(&format!(" ({components} did not fit: {reason})"));
            }
            (mixture.sample(count, seed), origin)
        };
        let title = match pictures::shown(count, trained.card.shape) {
            shown if shown < count => format!("The first {shown} of {count} samples: codes from {origin}"),
            _ => format!("{count} samples: codes from {origin}"),
        };
        self.finish(New { codes, origin, title, picture: "samples.png" }, outputs)
    }

    /// Decodes `steps` codes on the way between two, both ends included.
    ///
    /// # Errors
    /// [`Error::NoSuchUnit`], [`autoencoder_core::DataError::NoSuchRow`], or what opening the data or writing
    /// says.
    pub fn interpolate(&self, between: Between, steps: usize, outputs: &Outputs) -> Result<Generated, Error> {
        let trained = self.trained();
        check_outputs(outputs, self.folder())?;
        let width = trained.model.code_size();
        memory::check_rows("steps", steps, width + trained.card.shape.features())?;
        let parts = self.parts()?;
        let code_of = |row: usize| -> Result<Vec<f32>, Error> {
            let one = autoencoder_core::Subset::new(parts.test.clone(), vec![row])?;
            trained.codes_of(&one)
        };
        let (first, last, origin) = match between {
            Between::Examples { from, to } => {
                (code_of(from)?, code_of(to)?, format!("test example {from} to test example {to}"))
            }
            Between::Unit { unit, .. } if unit >= width => {
                return Err(Error::NoSuchUnit { unit, units: width });
            }
            Between::Unit { unit, example } => {
                let codes = trained.codes_of(parts.test.as_ref())?;
                let mut values: Vec<f32> = codes.iter().skip(unit).step_by(width).copied().collect();
                values.sort_unstable_by(f32::total_cmp);
                let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
                let (low, high) = (at(0.02), at(0.98));
                let (mut first, mut last) = (code_of(example)?, code_of(example)?);
                (first[unit], last[unit]) = (low, high);
                (first, last, format!("code unit {unit} from {low:.2} to {high:.2}"))
            }
        };
        let along = |step: usize| step as f32 / (steps.max(2) - 1) as f32;
        let codes = (0..steps)
            .flat_map(|step| first.iter().zip(&last).map(move |(a, b)| a + (b - a) * along(step)))
            .collect();
        let title = format!("{steps} steps: {origin}");
        self.finish(New { codes, origin, title, picture: "interpolation.png" }, outputs)
    }

    fn finish(&self, new: New, outputs: &Outputs) -> Result<Generated, Error> {
        let (folder, trained) = (self.folder(), self.trained());
        let codes = Matrix::new(ExampleShape::Flat(trained.model.code_size()), new.codes);
        let examples = trained.decode(&codes)?;
        let picture = match &outputs.picture {
            Some(path) => path.clone(),
            None => {
                folder.create_folder("plots")?;
                folder.file("plots").join(new.picture)
            }
        };
        pictures::rows(&picture, &new.title, &examples)?;
        if let Some(path) = &outputs.array {
            write_rows(path, &examples, Axes::ChannelsFirst, &trained.columns(), Heading::Names)?;
        }
        Ok(Generated { examples: codes.len(), codes: new.origin, picture, array: outputs.array.clone() })
    }
}

fn check_outputs(words: &Outputs, folder: &RunFolder) -> Result<(), Error> {
    if let Some(path) = &words.array {
        let remedy = "choose a name that ends in .npy, .csv or .parquet";
        outputs::check_ending(path, &["npy", "csv", "parquet"], remedy)?;
        outputs::check(path, &[], Some(folder.path()))?;
    }
    if let Some(path) = &words.picture {
        outputs::check_ending(path, &["png"], "choose a name that ends in .png")?;
        outputs::check(path, &[], Some(folder.path()))?;
    }
    Ok(())
}
