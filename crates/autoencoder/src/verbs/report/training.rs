//! How a run went: losses by epoch, errors beside PCA's, what it ran on.

use autoencoder_report::{Block, Chart, Mark, Marker, Section, Series};
use autoencoder_train::{EpochRecord, History};

use super::facts::{Facts, section, short, words};
use crate::error::Error;

/// The curves of the layers of a stack, then those of the whole.
pub(super) fn losses(facts: &Facts<'_>) -> Section {
    let (Facts { config, history, layers, .. }, trained) = (facts, facts.trained());
    let mut blocks = Vec::new();
    for (index, (stage, history)) in layers.iter().enumerate() {
        let corrupted = stage.corruption.is_some();
        let title = format!("Layer {}: objective by epoch", index + 1);
        blocks.extend(Curves { history, unit: stage.loss.unit(), corrupted, kept: None }.objective(&title));
    }
    let kept = trained.card.best_epoch.map(|epoch| Mark { at: epoch as f64, name: "epoch kept".to_owned() });
    let curves = Curves { history, unit: config.loss().unit(), corrupted: config.corruption.is_some(), kept };
    blocks.extend(curves.objective("Objective by epoch"));
    blocks.extend(curves.terms());
    section(
        "Training",
        "Averages over the examples of an epoch; validation is without noise and penalties.",
        blocks,
    )
}

/// What was measured epoch by epoch.
struct Curves<'a> {
    history: &'a History,
    unit: &'static str,
    corrupted: bool,
    kept: Option<Mark>,
}

impl Curves<'_> {
    /// The objective on both parts; nothing where there was no epoch.
    fn objective(&self, title: &str) -> Option<Block> {
        let learning = if self.corrupted { "training (corrupted)" } else { "training" };
        let objective = |record: &EpochRecord| record.train.get("objective").copied().unwrap_or(f64::NAN);
        let both =
            vec![self.series(learning, &objective), self.series("validation", &EpochRecord::validation_loss)];
        (!self.history.epochs.is_empty()).then(|| self.chart(title, both))
    }

    /// The terms of the objective on the training part, where it has several.
    fn terms(&self) -> Option<Block> {
        let names: Vec<&String> = self.history.epochs.first()?.train.keys().collect();
        let of = |term: &&String| {
            self.series(term, &|record| record.train.get(*term).copied().unwrap_or(f64::NAN))
        };
        let terms = names.iter().filter(|term| **term != "objective").map(of).collect();
        (names.len() > 2).then(|| self.chart("Terms of the training objective", terms))
    }

    fn series(&self, name: &str, value: &dyn Fn(&EpochRecord) -> f64) -> Series {
        let points = self.history.epochs.iter().map(|record| (record.epoch as f64, value(record)));
        Series { name: name.to_owned(), points: points.collect() }
    }

    fn chart(&self, title: &str, series: Vec<Series>) -> Block {
        Block::Chart(Chart {
            title: title.to_owned(),
            marker: Marker::Lines,
            width: 1.0,
            x: "epoch".to_owned(),
            y: self.unit.to_owned(),
            series,
            marks: self.kept.iter().cloned().collect(),
        })
    }
}

pub(super) fn comparison(facts: &Facts<'_>) -> Section {
    let evaluation = &facts.evaluation;
    let splits = &evaluation.splits;
    let parts = [("training", &splits.train), ("validation", &splits.validation), ("test", &splits.test)];
    let pca = evaluation.pca.as_ref();
    let by_pca = pca.map(|pca| [&pca.errors.train, &pca.errors.validation, &pca.errors.test]);
    let rows = parts.iter().enumerate().map(|(index, (name, ours))| {
        let theirs =
            by_pca.map_or_else(|| "-".to_owned(), |errors| short(errors[index].squared_error_per_example));
        let [loss, error] = [ours.loss, ours.squared_error_per_example].map(short);
        vec![(*name).to_owned(), ours.examples.to_string(), loss, error, theirs]
    });
    let header = words(["part", "examples", "loss", "squared error", "squared error of PCA"]);
    let mut blocks = vec![Block::Table { header, rows: rows.collect() }];
    let text = match pca {
        Some(pca) => format!(
            "Per example, in scaled units. PCA has {} components, fitted to {} training examples, and explains {:.1} % of their variance.",
            pca.components,
            pca.examples,
            100.0 * pca.explained_variance_ratio
        ),
        None => "Per example, in scaled units. PCA was too large to stand beside it.".to_owned(),
    };
    if let Some(evidence) = &evaluation.evidence {
        let row = [evidence.negative_elbo, evidence.reconstruction, evidence.kl].map(short).into();
        let header = words(["negative ELBO of the test part, nats", "reconstruction", "KL divergence"]);
        blocks.push(Block::Table { header, rows: vec![row] });
    }
    section("Beside PCA", text, blocks)
}

pub(super) fn environment(facts: &Facts<'_>) -> Result<Section, Error> {
    let mut rows = Vec::new();
    rows.extend(facts.folder().environment()?.into_iter().map(|(name, value)| {
        vec![name.replace('_', " "), value.as_str().map_or_else(|| value.to_string(), str::to_owned)]
    }));
    if let Some(file) = &facts.parts.card.file {
        rows.push(vec!["data file".to_owned(), file.path.display().to_string()]);
        rows.push(vec!["data SHA-256".to_owned(), file.sha256.clone()]);
    }
    let blocks = vec![
        Block::Table { header: words(["what", "value"]), rows },
        Block::Verbatim(facts.folder().trained_with()?.unwrap_or_else(|| facts.config.clone()).to_toml()?),
    ];
    Ok(section(
        "Environment and configuration",
        "Saved as a .toml file, the configuration repeats the run: ae train FILE.",
        blocks,
    ))
}
