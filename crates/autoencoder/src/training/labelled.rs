//! The parts of a run's data with their labels, for what is trained on those.

use autoencoder_train::Standard;

use crate::config::finetune::Target;
use crate::data::classes::Classes;
use crate::data::parts::Parts;
use crate::error::Error;
use crate::run::open::Run;

/// The parts of a run's data with their labels numbered.
pub(crate) struct Labelled {
    pub(crate) parts: Parts,
    pub(crate) classes: Classes,
    /// The number that each label is, where numbers are learned.
    pub(crate) values: Vec<f32>,
}

impl Labelled {
    /// How the numbers of the training part are standardised, where numbers are learned.
    pub(crate) fn standard(&self) -> Option<Standard> {
        let labels = self.parts.train.labels().filter(|_| !self.values.is_empty())?;
        Some(Standard::of(labels.iter().map(|&label| self.values[label as usize])))
    }

    /// Opens the data of a run, of a table with the column `label` for its classes.
    ///
    /// # Errors
    /// [`Error::LabelIsFeature`]; what opening the data says, or that they have no classes.
    pub(crate) fn open(run: &Run, label: Option<&String>, target: Target) -> Result<Self, Error> {
        let trained = run.trained();
        let learned = trained.columns.iter().flatten();
        if let Some(label) = label.filter(|label| learned.clone().any(|column| column.name == **label)) {
            return Err(Error::LabelIsFeature { label: label.clone(), path: run.folder().path().to_owned() });
        }
        let mut config = run.config()?;
        config.data.label = label.cloned().or(config.data.label);
        let card = run.folder().data()?;
        let mut parts = Parts::of_run(&config, card.as_ref(), &trained.card.scaling, run.data())?;
        let (classes, values) = match target {
            Target::Classes => (Classes::of(&parts)?, Vec::new()),
            Target::Number => Classes::numbers(&parts)?,
        };
        for part in [&mut parts.train, &mut parts.validation, &mut parts.test] {
            *part = classes.number(part)?;
        }
        Ok(Self { parts, classes, values })
    }
}
