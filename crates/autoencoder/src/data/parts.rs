//! From a `[data]` table to scaled training, validation and test parts.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use autoencoder_core::{ExampleShape, Loss, Source, Subset, for_each_chunk};
use autoencoder_datasets::{
    Column, Columns, DataFolder, DataSet, DatasetError, Missing, Scaled, Scaling, Splits, Wanted, open, split,
};
use autoencoder_models::{ModelError, Pca};

use crate::config::data::Bits;
use crate::config::run::RunConfig;
use crate::data::card::DataCard;
use crate::data::card::FileCard;
use crate::error::Error;

/// The parts of a run's data, scaled.
pub struct Parts {
    /// The configuration with every choice made that it left to the data.
    pub config: RunConfig,
    /// The shape of one example.
    pub shape: ExampleShape,
    /// Fitted on the training part alone.
    pub scaling: Scaling,
    /// What is learned from.
    pub train: Arc<dyn Source>,
    /// What the best epoch is chosen by.
    pub validation: Arc<dyn Source>,
    /// What is reported.
    pub test: Arc<dyn Source>,
    /// The share of the values of the validation and test parts that lie outside of the range of the training part, in `[0, 1]`.
    pub outside: f64,
    /// What the data were, to know them again.
    pub card: DataCard,
    /// What the labels are called, where they are words of a table or folders of pictures.
    pub names_of_classes: Vec<String>,
    /// Columns of a table that are left out without having been asked to be: the number of the row.
    pub left_out: Vec<String>,
    /// PCA of the training part, once it has been asked for.
    pca: OnceLock<Option<Arc<Pca>>>,
}

impl Parts {
    /// Opens the data set, fetching it if need be, splits it and fits the scaling. The same
    /// configuration gives the same parts.
    ///
    /// # Errors
    /// What opening, fetching, splitting or reading says.
    pub fn open(config: &RunConfig, folder: &DataFolder) -> Result<Self, Error> {
        let set = open(wanted(config, &config.data.source, None), folder)?;
        let training = parts_of(config, set.clone())?.train;
        // What only other parts have is not known: words as little as how far values reach.
        let known = known_words(&set, training.as_ref())?;
        let set = match &known {
            Some(columns) => open(wanted(config, &config.data.source, Some(columns)), folder)?,
            None => set,
        };
        let config = config.clone().resolved_for(set.train.as_ref(), training.as_ref())?;
        Self::new(config, set, None)
    }

    /// The parts that a run was trained on, scaled as they were then.
    ///
    /// # Errors
    /// [`Error::DataChanged`] where a file is another one since; those of [`Self::open`].
    pub fn of_run(
        config: &RunConfig,
        card: Option<&DataCard>,
        scaling: &Scaling,
        folder: &DataFolder,
    ) -> Result<Self, Error> {
        let source = config.data.source.clone();
        let source = match card.and_then(|card| card.file.as_ref()) {
            Some(file) => file.find(Path::new(&source)).display().to_string(),
            None => source,
        };
        // A label that was learned without is no column of the features.
        let columns = card.and_then(|card| card.columns.as_deref());
        let set = open(wanted(config, &source, columns), folder)?;
        let parts = Self::new(config.clone(), set, Some(scaling.clone()))?;
        match (card.and_then(|card| card.file.as_ref()), &parts.card.file) {
            (Some(before), Some(now)) if before.sha256 != now.sha256 => {
                Err(Error::DataChanged { path: now.path.clone() })
            }
            _ => Ok(parts),
        }
    }

    pub(crate) fn new(config: RunConfig, set: DataSet, scaling: Option<Scaling>) -> Result<Self, Error> {
        let seed = config.data_seed();
        let file = set.file.as_deref().map(FileCard::of).transpose()?;
        let (columns, names_of_classes) = (set.columns.clone(), set.names_of_classes.clone());
        let left_out = set.left_out.clone();
        let Splits { train, validation, test } = parts_of(&config, set)?;
        let scaling = match scaling {
            Some(scaling) => scaling,
            None => {
                let scaling = Scaling::fit(config.scaling(), train.as_ref(), seed.stream("bits"))?;
                let scaling = scaling.leaving_words(columns.as_deref().unwrap_or_default());
                match config.data.missing {
                    Missing::Refuse => scaling,
                    Missing::Mean | Missing::Indicator => scaling.with_means(train.as_ref())?,
                }
            }
        };
        let values = (validation.len() + test.len()) * train.shape().features();
        let outside = |part: &dyn Source| -> Result<u64, Error> {
            Ok(scaling.outside(part)?.into_iter().map(u64::from).sum())
        };
        let outside = outside(validation.as_ref())? + outside(test.as_ref())?;
        let card =
            DataCard { file, columns, train: train.len(), validation: validation.len(), test: test.len() };
        let loss = config.loss();
        let anew = config.data.bits == Bits::Anew;
        let scaled = |source, stream| scaled(source, &scaling, &loss).with_bits_of(stream);
        let (shape, learned) = (train.shape(), scaled(train, "train"));
        Ok(Self {
            config,
            shape,
            train: Arc::new(if anew { learned.drawn_anew() } else { learned }),
            validation: Arc::new(scaled(validation, "validation")),
            test: Arc::new(scaled(test, "test")),
            outside: outside as f64 / values.max(1) as f64,
            scaling,
            card,
            names_of_classes,
            left_out,
            pca: OnceLock::new(),
        })
    }

    /// The same with another training part.
    pub(crate) fn learning_from(&self, train: Subset) -> Self {
        Self {
            config: self.config.clone(),
            shape: self.shape,
            train: Arc::new(train),
            validation: Arc::clone(&self.validation),
            test: Arc::clone(&self.test),
            scaling: self.scaling.clone(),
            outside: self.outside,
            card: self.card.clone(),
            names_of_classes: self.names_of_classes.clone(),
            left_out: self.left_out.clone(),
            pca: OnceLock::new(),
        }
    }

    /// What a label is called.
    pub(crate) fn name_of(&self, label: i64) -> String {
        let name = usize::try_from(label).ok().and_then(|label| self.names_of_classes.get(label));
        name.cloned().unwrap_or_else(|| label.to_string())
    }

    /// PCA of the training part with as many components as a code of the run's model has units, fewer where there are
    /// fewer features or examples; `None` where it is too large or has no decomposition: it stands beside a run, and
    /// never ends one.
    ///
    /// # Errors
    /// What reading says.
    pub(crate) fn pca(&self) -> Result<Option<Arc<Pca>>, Error> {
        if let Some(pca) = self.pca.get() {
            return Ok(pca.clone());
        }
        let components = self.config.model().code().min(self.shape.features()).min(self.train.len());
        let pca = match Pca::fit(&self.train, components) {
            Ok(pca) => Some(Arc::new(pca)),
            Err(ModelError::Data(error)) => return Err(error.into()),
            Err(_) => None,
        };
        Ok(self.pca.get_or_init(|| pca).clone())
    }
}

/// Examples as a model with that loss takes them: what lies outside of the range of the training part is cut only where the
/// loss is not defined there.
pub(crate) fn scaled(source: Arc<dyn Source>, scaling: &Scaling, loss: &Loss) -> Scaled {
    let scaled = Scaled::new(source, scaling.clone());
    if loss.is_bounded() { scaled } else { scaled.uncut() }
}

fn parts_of(config: &RunConfig, set: DataSet) -> Result<Splits, DatasetError> {
    split(set, config.data.validation, config.data.test, config.data_seed())
}

/// The columns without those words that no row of the training part has; `None` where it has all.
fn known_words(set: &DataSet, training: &dyn Source) -> Result<Option<Vec<Column>>, Error> {
    let Some(columns) = set.columns.as_deref() else { return Ok(None) };
    if columns.iter().all(|column| column.words.is_empty()) {
        return Ok(None);
    }
    let features = training.shape().features();
    let mut is_there = vec![false; features];
    for_each_chunk(training, |_, rows| {
        for row in rows.chunks_exact(features) {
            is_there.iter_mut().zip(row).for_each(|(is_there, &value)| *is_there |= value != 0.0);
        }
        Ok::<_, Error>(())
    })?;
    let mut first = 0;
    let known = columns.iter().map(|column| {
        let own = &is_there[first..first + column.features()];
        first += column.features();
        let words: Vec<String> = column
            .words
            .iter()
            .zip(own)
            .filter(|(_, is_there)| **is_there)
            .map(|(word, _)| word.clone())
            .collect();
        // A column without a word would be one of numbers.
        if words.is_empty() { column.clone() } else { Column { words, ..column.clone() } }
    });
    let known: Vec<Column> = known.collect();
    Ok((known != columns).then_some(known))
}

fn wanted<'a>(config: &'a RunConfig, source: &'a str, only: Option<&'a [Column]>) -> Wanted<'a> {
    let data = &config.data;
    let columns = Columns {
        only,
        drop: &data.drop,
        label: data.label.as_deref(),
        shape: data.shape,
        missing: data.missing,
        words: &data.words,
        header: data.header,
        unlabelled: data.unlabelled,
    };
    Wanted {
        name: source,
        columns,
        examples: data.examples,
        class: data.normal_only.as_deref(),
        seed: config.data_seed(),
    }
}
