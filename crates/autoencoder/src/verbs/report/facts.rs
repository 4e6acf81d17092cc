//! What a page is made of.

use std::path::{Path, PathBuf};

use autoencoder_eval::Evaluation;
use autoencoder_report::{Block, Section};
use autoencoder_train::History;
use serde::Serialize;

use crate::config::run::RunConfig;
use crate::data::parts::Parts;
use crate::model::trained::Trained;
use crate::run::folder::RunFolder;
use crate::run::open::Run;
use crate::training::stage::Stage;

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
pub(super) struct Facts<'a> {
    pub(super) run: &'a Run,
    pub(super) config: RunConfig,
    pub(super) parts: Parts,
    pub(super) history: History,
    /// The layers of a stack, each with what was measured while it was trained alone.
    pub(super) layers: Vec<(Stage, History)>,
    pub(super) evaluation: Evaluation,
}

impl Facts<'_> {
    pub(super) fn folder(&self) -> &RunFolder {
        self.run.folder()
    }

    pub(super) fn trained(&self) -> &Trained {
        self.run.trained()
    }

    /// The last part of the folder's path.
    pub(super) fn name(&self) -> String {
        let path =
            std::path::absolute(self.folder().path()).unwrap_or_else(|_| self.folder().path().to_owned());
        path.file_name().map_or_else(|| "A run".to_owned(), |name| name.to_string_lossy().into_owned())
    }

    /// A picture that training has drawn.
    pub(super) fn plot(&self, name: &str, alt: impl Into<String>) -> Option<Block> {
        self.picture(&self.folder().file(&format!("plots/{name}.png")), alt)
    }

    /// A picture that is there.
    pub(super) fn picture(&self, path: &Path, alt: impl Into<String>) -> Option<Block> {
        let png = std::fs::read(path).ok()?;
        Some(Block::Picture { png, alt: alt.into() })
    }
}

/// A number with as many digits as say something.
pub(super) fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        size if !(1e-3..1e6).contains(&size) => format!("{value:.2e}"),
        size if size >= 100.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.3}"),
        _ => format!("{value:.4}"),
    }
}

pub(super) fn section(title: &str, text: impl Into<String>, blocks: Vec<Block>) -> Section {
    Section { title: title.to_owned(), text: text.into(), blocks }
}

pub(super) fn words<const N: usize>(words: [&str; N]) -> Vec<String> {
    words.map(str::to_owned).into()
}
