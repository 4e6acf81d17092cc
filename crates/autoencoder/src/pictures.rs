//! The pictures of a run.

use std::path::Path;

use autoencoder_core::{Autoencoder as _, ExampleShape, Facts as _, Seed, Source, Subset};
use autoencoder_datasets::{Column, Matrix};
use autoencoder_eval::Evaluation;
use autoencoder_report::{
    Bars, Cloud, Curve, CurvePlot, ImageRow, ImageShape, Scatter, filter_grid, image_grid,
};
use autoencoder_train::{EpochRecord, History, Select};

use crate::config::run::RunConfig;
use crate::data::corrupted::corrupt;
use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::scorer::Scorer;
use crate::model::trained::Trained;
use crate::run::folder::RunFolder;

/// Examples in a row of images.
const ACROSS: usize = 12;
/// Points of a scatter plot, enough to fill it and few enough to tell apart.
const POINTS: usize = 2000;

/// Draws every picture that fits the run into `plots/`: the loss, examples with their reconstructions,
/// the first layer's filters for images, the codes where there are two.
pub(crate) fn draw(
    folder: &RunFolder,
    trained: &Trained,
    parts: &Parts,
    history: &History,
    evaluation: &Evaluation,
) -> Result<(), Error> {
    folder.create_folder("plots")?;
    let best = trained.card.best_epoch.unwrap_or(0);
    if !history.epochs.is_empty() {
        loss(&folder.file("plots/loss.png"), &parts.config, history, best)?;
    }
    reconstructions(&folder.file("plots/reconstructions.png"), trained, parts, evaluation)?;
    if let (Some(shape), Some(weight)) = (image_shape(parts.shape), trained.model.encoder_weights().first()) {
        let [inputs, units] = weight.dims();
        let weights: Vec<f32> = weight.to_data().iter().collect();
        let title = format!("What {} of {units} first-layer units look for", units.min(100));
        filter_grid(&folder.file("plots/filters.png"), &title, &weights, units, seen_by(inputs, shape))?;
    }
    if trained.model.code_size() == 2 {
        codes(&folder.file("plots/codes.png"), trained, parts)?;
    }
    Ok(())
}

/// The part of an image that a unit with that many inputs sees: all of it, or a square kernel.
fn seen_by(inputs: usize, image: ImageShape) -> ImageShape {
    if inputs == image.channels * image.height * image.width {
        return image;
    }
    let side = (inputs / image.channels).isqrt();
    ImageShape { channels: image.channels, height: side, width: side }
}

fn loss(path: &Path, config: &RunConfig, history: &History, best: usize) -> Result<(), Error> {
    let curve = |name, value: fn(&EpochRecord) -> f64| Curve {
        name,
        points: history.epochs.iter().map(|record| (record.epoch as f64, value(record))).collect(),
    };
    let epochs = history.epochs.len();
    let train = if config.corruption.is_some() { "training (corrupted)" } else { "training" };
    let plot = CurvePlot {
        title: &match config.train.select {
            Select::Last => format!("Loss over {epochs} epochs; the last is kept"),
            _ if best == 0 => format!("None of {epochs} epochs clearly better than the start, which is kept"),
            _ => format!("Lowest validation loss at epoch {best} of {epochs}"),
        },
        x_label: "epoch",
        y_label: config.loss().unit(),
        log_y: false,
        curves: vec![
            curve(train, |record| record.train.get("objective").copied().unwrap_or(f64::NAN)),
            curve("validation", EpochRecord::validation_loss),
        ],
        marked: Some((best as f64, "epoch kept")),
    };
    Ok(plot.save(path)?)
}

/// Originals, what the encoder saw in training, and reconstructions of the first test examples.
fn reconstructions(
    path: &Path,
    trained: &Trained,
    parts: &Parts,
    evaluation: &Evaluation,
) -> Result<(), Error> {
    let features = parts.shape.features();
    let shown = if image_shape(parts.shape).is_some() { ACROSS } else { POINTS };
    let examples = first(parts, shown)?;
    let clean = examples.read(0..examples.len())?;
    let noisy = parts.config.corruption.as_ref().map(|corruption| {
        let seed = Seed::new(parts.config.train.seed).stream("pictures");
        corrupt(corruption.build().as_ref(), &clean, features, seed, &trained.device)
    });
    let input = noisy.as_ref().unwrap_or(&clean).clone();
    let output = trained.reconstruct_scaled(&autoencoder_datasets::Matrix::new(parts.shape, input))?;
    let ours = evaluation.splits.test.squared_error_per_example;
    let pca = evaluation
        .pca
        .as_ref()
        .map_or(String::new(), |pca| format!(" (PCA {:.3})", pca.errors.test.squared_error_per_example));
    let title = format!("Test squared error {ours:.3} per example{pca}, code of {}", evaluation.code_size);
    let rows: Vec<(&str, &[f32])> =
        [("original", Some(&clean)), ("corrupted", noisy.as_ref()), ("reconstruction", Some(&output))]
            .into_iter()
            .filter_map(|(name, values)| Some((name, values?.as_slice())))
            .collect();
    match image_shape(parts.shape) {
        Some(shape) => {
            let rows: Vec<ImageRow<'_>> =
                rows.iter().map(|&(label, values)| ImageRow { label, values }).collect();
            let range = parts.test.value_range().unwrap_or_else(|| spread(&clean));
            Ok(image_grid(path, &title, &rows, shape, range)?)
        }
        None if let Some(columns) = parts.card.columns.as_deref().filter(|columns| columns.len() > 1) => {
            by_column(path, &title, columns, (&clean, &output))
        }
        None if features >= 2 => {
            // Corrupted points at the bottom, reconstructions on top: noise is seen to be taken off.
            let clouds = rows
                .iter()
                .map(|&(name, values)| Cloud { name: name.to_owned(), points: plane(values, features) });
            let scatter = Scatter {
                title: &title,
                x_label: "feature 1 (scaled)",
                y_label: "feature 2 (scaled)",
                clouds: clouds.collect(),
                arrows: Vec::new(),
            };
            Ok(scatter.save(path)?)
        }
        None => {
            let curves = rows.iter().map(|&(name, values)| Curve {
                name,
                points: values
                    .iter()
                    .take(100)
                    .enumerate()
                    .map(|(row, &value)| (row as f64, f64::from(value)))
                    .collect(),
            });
            let plot = CurvePlot {
                title: &title,
                x_label: "example",
                y_label: "value (scaled)",
                log_y: false,
                curves: curves.collect(),
                marked: None,
            };
            Ok(plot.save(path)?)
        }
    }
}

/// The columns of a table whose errors are drawn, the largest first.
const COLUMNS: usize = 12;

/// Draws by how much each column of a table is reconstructed otherwise than it was, the worst ones first.
fn by_column(
    path: &Path,
    title: &str,
    columns: &[Column],
    (clean, output): (&[f32], &[f32]),
) -> Result<(), Error> {
    let squares: Vec<f32> = clean.iter().zip(output).map(|(x, y)| (x - y) * (x - y)).collect();
    let sums = crate::data::rows::by_column(columns, &squares);
    let examples = sums.len() / columns.len();
    let mean = |index: usize| {
        sums.iter().skip(index).step_by(columns.len()).map(|&sum| f64::from(sum)).sum::<f64>()
            / examples as f64
    };
    let mut errors: Vec<(&str, f64)> =
        columns.iter().enumerate().map(|(index, column)| (column.name.as_str(), mean(index))).collect();
    errors.sort_by(|a, b| b.1.total_cmp(&a.1));
    errors.truncate(COLUMNS);
    // A perfect reconstruction has no bars: a line at the bottom says so.
    let values = errors.iter().map(|(_, error)| error.max(f64::MIN_POSITIVE)).collect();
    let short = |name: &str| name.chars().take(14).collect::<String>();
    let names: Vec<String> = errors.iter().map(|(name, _)| short(name)).collect();
    let bars = Bars {
        title,
        y_label: "squared error (scaled)",
        groups: names.iter().map(String::as_str).collect(),
        series: vec![("mean of the test examples", values)],
    };
    Ok(bars.save(path)?)
}

fn codes(path: &Path, trained: &Trained, parts: &Parts) -> Result<(), Error> {
    let source = first(parts, POINTS)?;
    let codes = trained.codes_of(&source)?;
    let clouds = Scatter::clouds_by_label(&plane(&codes, 2), source.labels(), &|label| parts.name_of(label));
    let title = format!("Codes of {} test examples by class", source.len());
    Ok(Scatter { title: &title, x_label: "code unit 1", y_label: "code unit 2", clouds, arrows: Vec::new() }
        .save(path)?)
}

/// `ae data show`: the first examples.
pub(crate) fn examples(path: &Path, name: &str, source: &dyn Source) -> Result<(), Error> {
    let count = shown(source.len(), source.shape());
    rows(path, &format!("{name}: the first {count} of {} examples", source.len()), source)
}

/// How many of some examples a picture has room for.
pub(crate) fn shown(examples: usize, shape: ExampleShape) -> usize {
    examples.min(if image_shape(shape).is_some() { 100 } else { POINTS })
}

/// The first rows of a source as images, or as points of the plane.
pub(crate) fn rows(path: &Path, title: &str, source: &dyn Source) -> Result<(), Error> {
    let count = shown(source.len(), source.shape());
    let features = source.shape().features();
    let values = source.read(0..count)?;
    match image_shape(source.shape()) {
        Some(shape) => {
            let rows: Vec<ImageRow<'_>> =
                values.chunks(20 * features).map(|values| ImageRow { label: "", values }).collect();
            Ok(image_grid(
                path,
                title,
                &rows,
                shape,
                source.value_range().unwrap_or_else(|| spread(&values)),
            )?)
        }
        None => {
            let labels = source.labels().map(|labels| &labels[..count]);
            let clouds =
                Scatter::clouds_by_label(&plane(&values, features), labels, &|label| label.to_string());
            let last = if features == 3 { "feature 3" } else { "feature 2" };
            Ok(Scatter { title, x_label: "feature 1", y_label: last, clouds, arrows: Vec::new() }
                .save(path)?)
        }
    }
}

fn first(parts: &Parts, count: usize) -> Result<Subset, Error> {
    Ok(Subset::new(parts.test.clone(), (0..parts.test.len().min(count)).collect())?)
}

/// Two of the features of each row as a point: the first and the second, of three the first and the last
/// (a swiss roll is seen from its end).
fn plane(values: &[f32], features: usize) -> Vec<(f64, f64)> {
    let second = if features == 3 { 2 } else { features.min(2) - 1 };
    values.chunks_exact(features).map(|row| (f64::from(row[0]), f64::from(row[second]))).collect()
}

/// Draws examples, their reconstructions, and where in them what is odd lies: white is the oddest of all, by its patches where
/// the score is made from them, else by its squared error.
/// `values` are scaled, in images of `shape`.
pub(crate) fn errors(
    path: &Path,
    title: &str,
    (trained, scorer): (&Trained, Option<&Scorer>),
    (values, shape): (&[f32], ImageShape),
    (low, high): (f32, f32),
) -> Result<(), Error> {
    let source = Matrix::new(trained.card.shape, values.to_vec());
    let outputs = trained.reconstruct_scaled(&source)?;
    let by_patches = scorer.and_then(|scorer| patches_of(scorer, trained.card.shape, values));
    let name = if by_patches.is_some() { "odd patches" } else { "squared error" };
    let heat = by_patches
        .unwrap_or_else(|| outputs.iter().zip(values).map(|(y, x)| (y - x) * (y - x)).collect::<Vec<f32>>());
    let [least, most] = heat.iter().fold([f32::INFINITY, f32::MIN_POSITIVE], |[least, most], &value| {
        [least.min(value), most.max(value)]
    });
    let heat: Vec<f32> = heat
        .iter()
        .map(|value| low + (high - low) * (value - least) / (most - least).max(f32::MIN_POSITIVE))
        .collect();
    let rows = [("example", values), ("reconstruction", &outputs), (name, &heat)];
    let rows = rows.map(|(label, values)| ImageRow { label, values });
    Ok(image_grid(path, title, &rows, shape, (low, high))?)
}

/// How odd each pixel is by its patches, the same in each channel; `None` where no score is made from them.
fn patches_of(scorer: &Scorer, shape: ExampleShape, values: &[f32]) -> Option<Vec<f32>> {
    let maps = values.chunks_exact(shape.features()).map(|picture| scorer.map(picture));
    let maps = maps.collect::<Option<Vec<_>>>()?;
    let channels = image_shape(shape)?.channels;
    let of_channels = |map: Vec<f64>| map.repeat(channels).into_iter().map(|value| value as f32);
    Some(maps.into_iter().flat_map(of_channels).collect())
}

pub(crate) fn image_shape(shape: ExampleShape) -> Option<ImageShape> {
    match shape {
        ExampleShape::Image { channels, height, width } => Some(ImageShape { channels, height, width }),
        ExampleShape::Flat(_) => None,
    }
}

fn spread(values: &[f32]) -> (f32, f32) {
    values
        .iter()
        .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
}
