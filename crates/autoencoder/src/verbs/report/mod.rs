//! `ae report`: everything about a run in one HTML file.

mod errors;
mod events;
mod learned;
mod scoring;
mod training;

use std::path::{Path, PathBuf};

use autoencoder_datasets::{DataFolder, Progress};
use autoencoder_eval::Evaluation;
use autoencoder_report::{Block, Page, Section};
use autoencoder_train::{EpochRecord, History};
use burn::module::Module as _;
use serde::Serialize;

pub(super) use errors::most;
pub use events::write_events;
pub use scoring::report_scores;

use super::evaluate::evaluate_trained;
use crate::data::Parts;
use crate::stages::Stage;
use crate::trained::Trained;
use crate::{Error, RunConfig, RunFolder, outputs};

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Reported {
    /// The page.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub output: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
    /// The headings of its parts.
    pub parts: Vec<String>,
}

/// All that a page is made of.
struct Facts<'a> {
    folder: &'a RunFolder,
    config: RunConfig,
    trained: Trained,
    parts: Parts,
    history: History,
    /// The layers of a stack, each with what was measured while it was trained alone.
    layers: Vec<(Stage, History)>,
    evaluation: Evaluation,
}

/// Writes a page about a run: what it was trained on, its loss by epoch, its errors beside PCA's, reconstructions,
/// filters, codes, the errors of the test part with its worst examples, environment and configuration. It needs no
/// other file and no network. `None` writes `report.html` into the run's folder.
///
/// # Errors
/// What loading the model, opening its data or writing says.
pub fn write_report(
    folder: &RunFolder,
    device: &str,
    output: Option<&Path>,
    data: &DataFolder,
    progress: &mut dyn FnMut(Progress),
) -> Result<Reported, Error> {
    let output = output.map_or_else(|| folder.file("report.html"), Path::to_owned);
    outputs::check_ending(&output, &["html"], "choose a name that ends in .html")?;
    outputs::check(&output, &[], Some(folder.path()))?;
    let trained = Trained::load(folder, device)?;
    let parts = trained.parts(folder, data, progress)?;
    let config = folder.config_in_use()?;
    let layers = config
        .stages(parts.shape.features())
        .into_iter()
        .enumerate()
        .map(|(index, stage)| Ok((stage, folder.stage(index).history()?)));
    let facts = Facts {
        folder,
        history: folder.history()?,
        layers: layers.collect::<Result<_, Error>>()?,
        config,
        evaluation: evaluate_trained(&trained, &parts, 1)?,
        trained,
        parts,
    };
    let page = page(&facts, progress)?;
    page.save(&output)?;
    let bytes = std::fs::metadata(&output).map_or(0, |metadata| metadata.len());
    Ok(Reported { output, bytes, parts: page.sections.into_iter().map(|section| section.title).collect() })
}

fn page(facts: &Facts<'_>, progress: &mut dyn FnMut(Progress)) -> Result<Page, Error> {
    let sections = [
        Some(training::losses(facts)),
        Some(training::comparison(facts)),
        learned::reconstructions(facts)?,
        learned::filters(facts),
        Some(learned::codes(facts)?),
        Some(errors::histogram(facts, progress)?),
        Some(training::environment(facts)?),
    ];
    Ok(Page {
        title: facts.name(),
        lead: lead(facts),
        facts: numbers(facts),
        sections: sections.into_iter().flatten().collect(),
    })
}

impl Facts<'_> {
    /// The last part of the folder's path.
    fn name(&self) -> String {
        let path = std::path::absolute(self.folder.path()).unwrap_or_else(|_| self.folder.path().to_owned());
        path.file_name().map_or_else(|| "A run".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// A picture that training has drawn.
    fn plot(&self, name: &str, alt: impl Into<String>) -> Option<Block> {
        self.picture(&self.folder.file(&format!("plots/{name}.png")), alt)
    }

    /// A picture that is there.
    fn picture(&self, path: &Path, alt: impl Into<String>) -> Option<Block> {
        let png = std::fs::read(path).ok()?;
        Some(Block::Picture { png, alt: alt.into() })
    }
}

fn lead(facts: &Facts<'_>) -> String {
    let Facts { config, trained, parts, .. } = facts;
    let members = match config.score.members {
        0 | 1 => String::new(),
        members => {
            format!(" It is the first of the {members} members of an ensemble; the page is about it alone.")
        }
    };
    let noise = config.corruption.as_ref().map_or("", |_| ", trained to undo noise");
    let penalties = match config.penalty.len() {
        0 => String::new(),
        1 => ", with a penalty".to_owned(),
        count => format!(", with {count} penalties"),
    };
    format!(
        "A {} autoencoder of {} on {} with {} values an example{noise}{penalties}.{members}",
        trained.card.model.name(),
        units(trained.card.code_size),
        config.data.source,
        parts.shape.features(),
    )
}

fn units(count: usize) -> String {
    if count == 1 { "1 code unit".to_owned() } else { format!("{count} code units") }
}

fn numbers(facts: &Facts<'_>) -> Vec<(String, String)> {
    let Facts { trained, parts, history, layers, evaluation, .. } = facts;
    let histories = layers.iter().map(|(_, history)| history).chain([history]);
    let epochs: Vec<&EpochRecord> = histories.flat_map(|history| &history.epochs).collect();
    let seconds: f64 = epochs.iter().map(|record| record.seconds).sum();
    let mut numbers = vec![
        ("test squared error per example", short(evaluation.splits.test.squared_error_per_example)),
        ("code units", trained.card.code_size.to_string()),
        ("trainable numbers", trained.model.num_params().to_string()),
        ("training examples", parts.train.len().to_string()),
        ("epochs", epochs.len().to_string()),
        ("seconds of training", short(seconds)),
    ];
    if let Some(pca) = &evaluation.pca {
        let error = short(pca.errors.test.squared_error_per_example);
        numbers.insert(1, ("the same by PCA", error));
    }
    numbers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// A number with as many digits as say something.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e6).contains(&size) => format!("{value:.2e}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

fn section(title: &str, text: impl Into<String>, blocks: Vec<Block>) -> Section {
    Section { title: title.to_owned(), text: text.into(), blocks }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).into()
}
