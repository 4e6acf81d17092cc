//! `ae report`: everything about a run in one HTML file.

mod errors;
mod events;
mod facts;
mod learned;
mod scoring;
mod training;

use std::path::Path;

use autoencoder_report::Page;
use autoencoder_train::EpochRecord;
use burn::module::Module as _;

use facts::{Facts, short};

pub use events::write_events;
pub use facts::Reported;
pub use scoring::report_scores;

use crate::error::Error;
use crate::run::open::Run;
use crate::run::outputs;
use crate::training::evaluation::evaluate_trained;

impl Run {
    /// Writes a page about a run: what it was trained on, its loss by epoch, its errors beside PCA's, reconstructions,
    /// filters, codes, the errors of the test part with its worst examples, environment and configuration. It needs no
    /// other file and no network. `None` writes `report.html` into the run's folder.
    ///
    /// # Errors
    /// What loading the model, opening its data or writing says.
    pub fn write_report(&self, output: Option<&Path>) -> Result<Reported, Error> {
        let (folder, trained) = (self.folder(), self.trained());
        let output = output.map_or_else(|| folder.file("report.html"), Path::to_owned);
        outputs::check_ending(&output, &["html"], "choose a name that ends in .html")?;
        outputs::check(&output, &[], Some(folder.path()))?;
        let parts = self.parts()?;
        let config = self.config()?;
        let layers = config
            .stages(parts.shape.features())
            .into_iter()
            .enumerate()
            .map(|(index, stage)| Ok((stage, folder.stage(index).history()?)));
        let facts = Facts {
            run: self,
            history: folder.history()?,
            layers: layers.collect::<Result<_, Error>>()?,
            config,
            evaluation: evaluate_trained(trained, &parts, 1)?,
            parts,
        };
        let page = page(&facts)?;
        page.save(&output)?;
        let bytes = std::fs::metadata(&output).map_or(0, |metadata| metadata.len());
        Ok(Reported {
            output,
            bytes,
            parts: page.sections.into_iter().map(|section| section.title).collect(),
        })
    }
}

fn page(facts: &Facts<'_>) -> Result<Page, Error> {
    let sections = [
        Some(training::losses(facts)),
        Some(training::comparison(facts)),
        learned::reconstructions(facts)?,
        learned::filters(facts),
        Some(learned::codes(facts)?),
        Some(errors::histogram(facts)?),
        Some(training::environment(facts)?),
    ];
    Ok(Page {
        title: facts.name(),
        lead: lead(facts),
        facts: numbers(facts),
        sections: sections.into_iter().flatten().collect(),
    })
}

fn lead(facts: &Facts<'_>) -> String {
    let (Facts { config, parts, .. }, trained) = (facts, facts.trained());
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
    let (Facts { parts, history, layers, evaluation, .. }, trained) = (facts, facts.trained());
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
