//! What every figure needs: data, trained models, errors.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use autoencoder::config::{RunConfig, overrides};
use autoencoder::core::{Autoencoder as _, Seed, Source};
use autoencoder::data::Parts;
use autoencoder::datasets::{DataFolder, Matrix, Scaled, Scaling, ScalingKind, Wanted, open, split};
use autoencoder::model::Trained;
use autoencoder::prelude::Session;
use autoencoder::run::RunFolder;
use autoencoder::verbs::train;

/// The result of anything here: whatever goes wrong ends the program with its message.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Where data are read and pictures written.
pub(crate) struct Lab {
    /// The gallery's folder.
    pub(crate) out: PathBuf,
    runs: PathBuf,
    data: DataFolder,
    /// `mnist`, or `strokes` where MNIST is absent.
    pub(crate) digits: &'static str,
    /// Images that are no digits: `fashion-mnist`, or `rectangles`.
    pub(crate) others: &'static str,
}

/// A trained model and the data it was trained on.
pub(crate) struct Experiment {
    pub(crate) trained: Trained,
    pub(crate) parts: Parts,
}

impl Lab {
    /// Looks for MNIST where `AUTOENCODER_DATA` says; nothing is fetched.
    pub(crate) fn open(out: &Path, runs: &Path) -> Outcome<Self> {
        std::fs::create_dir_all(out)?;
        let data = DataFolder::new(None);
        let there = |name: &str| {
            std::env::var_os("AUTOENCODER_DATA").is_some_and(|folder| Path::new(&folder).join(name).is_dir())
        };
        Ok(Self {
            out: out.to_owned(),
            runs: runs.to_owned(),
            data,
            digits: if there("mnist") { "mnist" } else { "strokes" },
            others: if there("fashion-mnist") { "fashion-mnist" } else { "rectangles" },
        })
    }

    /// The path of a picture.
    pub(crate) fn picture(&self, name: &str) -> PathBuf {
        self.out.join(format!("{name}.png"))
    }

    /// Where something between data and pictures is kept.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.runs.join(name)
    }

    /// Trains what the `key=value` settings say, over the defaults, in a run folder of that name; a run
    /// that is there already with the same settings is used again.
    pub(crate) fn train(&self, name: &str, settings: &[&str]) -> Outcome<Experiment> {
        let mut table = toml::Table::new();
        for setting in settings {
            overrides::set(&mut table, setting)?;
        }
        let config = RunConfig::from_table(table)?;
        let folder = RunFolder::new(self.runs.join(name));
        let parts = Parts::open(&config, &self.data)?;
        let there =
            folder.config().is_ok_and(|old| old == parts.config) && Trained::load(&folder, "flex").is_ok();
        if !there {
            std::fs::remove_dir_all(self.runs.join(name)).ok();
            eprintln!("training {name}");
            train(&config.check()?, &folder, &self.data, &Session::quiet())?;
        }
        Ok(Experiment { trained: Trained::load(&folder, "flex")?, parts })
    }

    /// The test part of a data set, not scaled.
    pub(crate) fn test_part(&self, name: &str) -> Outcome<Arc<dyn Source>> {
        let seed = Seed::new(7).stream("data");
        let set = open(Wanted::all(name, seed), &self.data)?;
        Ok(split(set, 0.1, 0.1, seed)?.test)
    }

    /// The training part of a data set, not scaled.
    pub(crate) fn training_part(&self, name: &str) -> Outcome<Arc<dyn Source>> {
        let seed = Seed::new(7).stream("data");
        let set = open(Wanted::all(name, seed), &self.data)?;
        Ok(split(set, 0.1, 0.1, seed)?.train)
    }

    /// The test part of the images that are no digits, every value between 0 and 1.
    pub(crate) fn others(&self) -> Outcome<Arc<dyn Source>> {
        unit(self.test_part(self.others)?)
    }
}

impl Experiment {
    /// The codes of some scaled examples, a row each.
    pub(crate) fn codes(&self, of: &dyn Source) -> Outcome<Vec<Vec<f32>>> {
        let codes = self.trained.on().encode(of)?;
        Ok(codes.chunks(self.trained.model.code_size()).map(<[f32]>::to_vec).collect())
    }

    /// Reconstructions of some scaled examples, one after the other.
    pub(crate) fn reconstruct(&self, of: &dyn Source) -> Outcome<Vec<f32>> {
        Ok(self.trained.on().reconstruct(of)?)
    }

    /// What codes decode to, one after the other.
    pub(crate) fn decode(&self, codes: Vec<f32>) -> Outcome<Vec<f32>> {
        let shape = autoencoder::core::ExampleShape::Flat(self.trained.model.code_size());
        let codes = Matrix::new(shape, codes);
        Ok(self.trained.on().decode(&codes)?)
    }

    /// The squared error of each scaled example.
    pub(crate) fn errors(&self, of: &dyn Source) -> Outcome<Vec<f64>> {
        let (rows, features) = (values(of)?, of.shape().features());
        let reconstructions = self.reconstruct(of)?;
        let squared = rows.iter().zip(&reconstructions).map(|(x, r)| f64::from(x - r).powi(2));
        let squared: Vec<f64> = squared.collect();
        Ok(squared.chunks(features).map(|example| example.iter().sum()).collect())
    }

    /// The mean squared error per example.
    pub(crate) fn error(&self, of: &dyn Source) -> Outcome<f64> {
        Ok(mean(&self.errors(of)?))
    }
}

/// Images with every value between 0 and 1.
pub(crate) fn unit(images: Arc<dyn Source>) -> Outcome<Arc<dyn Source>> {
    let scaling = Scaling::fit(ScalingKind::Unit, images.as_ref(), Seed::new(0))?;
    Ok(Arc::new(Scaled::new(images, scaling)))
}

/// All values of a source, one example after the other.
pub(crate) fn values(of: &dyn Source) -> Outcome<Vec<f32>> {
    let rows: Vec<usize> = (0..of.len()).collect();
    let mut values = vec![0.0; of.len() * of.shape().features()];
    of.rows(&rows, &mut values)?;
    Ok(values)
}

/// Uniform noise between `low` and `high` in the shape of some examples.
pub(crate) fn noise(like: &dyn Source, count: usize, low: f32, high: f32) -> Matrix {
    use autoencoder::core::device;
    let cpu = device::by_name("flex").expect("always compiled in");
    let shape = [count, like.shape().features()];
    let normal = autoencoder::core::standard_normal(shape, Seed::new(5), &cpu);
    // A normal number through its own distribution function is uniform.
    let uniform = normal.div_scalar(std::f64::consts::SQRT_2).erf().add_scalar(1.0).mul_scalar(0.5);
    let values: Vec<f32> = uniform.mul_scalar(high - low).add_scalar(low).into_data().iter().collect();
    Matrix::new(like.shape(), values)
}

pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// A histogram as the outline of its bars: the share of `values` in each of `bins` from `low` to `high`,
/// in percent; what lies beyond is not drawn.
pub(crate) fn outline(values: &[f64], low: f64, high: f64, bins: usize) -> Vec<(f64, f64)> {
    let width = (high - low) / bins as f64;
    let mut counts = vec![0_usize; bins];
    for value in values.iter().filter(|&&value| value <= high) {
        let bin = ((value - low) / width).clamp(0.0, bins as f64 - 1.0);
        counts[bin as usize] += 1;
    }
    let share = |count: usize| 100.0 * count as f64 / values.len().max(1) as f64;
    let bar = |(bin, &count): (usize, &usize)| {
        let left = low + bin as f64 * width;
        [(left, share(count)), (left + width, share(count))]
    };
    counts.iter().enumerate().flat_map(bar).collect()
}

/// Pixels between pictures that stand beside one another.
const GAP: u32 = 28;

/// Puts pictures beside one another in one file, and removes them.
pub(crate) fn beside(parts: &[PathBuf], path: &Path) -> Outcome<()> {
    let pictures: Vec<image::RgbImage> =
        parts.iter().map(|part| Ok(image::open(part)?.to_rgb8())).collect::<Outcome<_>>()?;
    // All as high as the highest: one that is much lower is enlarged.
    let height = pictures.iter().map(image::RgbImage::height).max().unwrap_or(0);
    let as_high = |picture: &image::RgbImage| match 10 * picture.height() < 9 * height {
        true => {
            let width = picture.width() * height / picture.height().max(1);
            image::imageops::resize(picture, width, height, image::imageops::FilterType::CatmullRom)
        }
        false => picture.clone(),
    };
    let pictures: Vec<image::RgbImage> = pictures.iter().map(as_high).collect();
    let gaps = GAP * (pictures.len() as u32).saturating_sub(1);
    let width = pictures.iter().map(image::RgbImage::width).sum::<u32>() + gaps;
    let mut whole = image::RgbImage::from_pixel(width, height, image::Rgb([255; 3]));
    let mut left = 0;
    for picture in &pictures {
        image::imageops::replace(&mut whole, picture, i64::from(left), 0);
        left += picture.width() + GAP;
    }
    whole.save(path)?;
    parts.iter().try_for_each(std::fs::remove_file)?;
    Ok(())
}
