//! What is about to be trained on what.

use std::fmt;
use std::path::PathBuf;

use autoencoder_core::device::Devices;
use autoencoder_core::{Autoencoder as _, ExampleShape};
use serde::Serialize;

use crate::data::parts::Parts;
use crate::run::folder::RunFolder;
use crate::training::prepared::Prepared;

/// What is about to be trained on what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Beginning {
    /// The run folder.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub run: PathBuf,
    /// The data set or file.
    pub source: String,
    /// The numbers of training, validation and test examples.
    pub examples: [usize; 3],
    /// The shape of one.
    pub shape: ExampleShape,
    /// What the columns of a table are taken for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub columns: Option<ColumnCounts>,
    /// The kind of model, and its code units.
    pub model: (&'static str, usize),
    /// The scaling.
    pub scaling: &'static str,
    /// The loss.
    pub loss: &'static str,
    /// The corruption, if there is one.
    pub corruption: Option<&'static str>,
    /// The share of the values of the validation and test parts that lie outside of the range of the training part.
    pub outside: f64,
    /// What is learned.
    pub task: Task,
    /// The units of the model's hidden layers, or the channels of its stages, input side first.
    pub layers: Vec<usize>,
    /// Whether the model starts as PCA.
    pub starts_as_pca: bool,
    /// The most epochs.
    pub epochs: usize,
    /// Passes over the training part in each.
    pub passes: usize,
    /// The time after which none begins, in seconds.
    pub max_seconds: Option<f64>,
    /// Examples a step.
    pub batch_size: usize,
    /// The bytes that weights, gradients, the optimiser, the layers' outputs and PCA take beside the data, as estimated; of a
    /// classifier none are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Where it is computed.
    pub device: Devices,
}

/// What the columns of a table are taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnCounts {
    /// How many hold numbers.
    pub numbers: usize,
    /// How many hold words.
    pub words: usize,
    /// Those that are left out without having been asked to be: the number of the row.
    pub left_out: Vec<String>,
}

impl ColumnCounts {
    pub(crate) fn of(parts: &Parts) -> Option<Self> {
        let columns = parts.card.columns.as_deref()?;
        let words = columns.iter().filter(|column| !column.words.is_empty()).count();
        Some(Self { numbers: columns.len() - words, words, left_out: parts.left_out.clone() })
    }
}

/// What a training learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Task {
    /// To reconstruct the examples.
    Reconstruct,
    /// To reconstruct the codes of the layer below, in one layer of a stack, counted from 1.
    Layer {
        /// Which.
        number: usize,
        /// Of how many.
        of: usize,
    },
    /// To tell classes apart.
    Classify {
        /// How many.
        classes: usize,
    },
    /// To tell a number.
    Regress,
}

impl fmt::Display for Beginning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { run, source, examples: [train, validation, test], shape, model, .. } = self;
        write!(
            f,
            "{}: {source}, {train} + {validation} + {test} examples of {shape}; scaling {}, loss {}, corruption {}; {} model, {} code units",
            run.display(),
            self.scaling,
            self.loss,
            self.corruption.unwrap_or("none"),
            model.0,
            model.1
        )?;
        if let Some(ColumnCounts { numbers, words, left_out }) = &self.columns {
            write!(f, "; {numbers} columns of numbers, {words} of words")?;
            if !left_out.is_empty() {
                write!(f, ", {} left out as the number of the row", left_out.join(", "))?;
            }
        }
        match self.task {
            Task::Reconstruct => {}
            Task::Layer { number, of } => write!(f, "; layer {number} of {of}")?,
            Task::Regress => write!(f, "; a regressor on its encoder")?,
            Task::Classify { classes } => write!(f, "; a classifier of {classes} classes on its encoder")?,
        }
        if self.task == Task::Reconstruct {
            self.write_plan(f)?;
        }
        if self.outside > 0.0 {
            write!(
                f,
                "; {:.2} % of the validation and test values lie outside of the range of the training part",
                100.0 * self.outside
            )?;
        }
        if self.device.is_gpu() {
            write!(f, "; on {}, whose first steps wait while kernels are tried out", self.device)?;
        }
        Ok(())
    }
}

impl Beginning {
    /// Of a training of which everything has been found to fit.
    pub(crate) fn of(prepared: &Prepared, folder: &RunFolder, task: Task) -> Self {
        let Parts { config, shape, card, outside, .. } = &prepared.parts;
        Self {
            run: folder.path().to_owned(),
            source: config.data.source.clone(),
            examples: [card.train, card.validation, card.test],
            shape: *shape,
            columns: ColumnCounts::of(&prepared.parts),
            model: (config.model().name(), prepared.model.code_size()),
            scaling: config.scaling().name(),
            loss: config.loss().name(),
            corruption: config.corruption.as_ref().map(|corruption| corruption.name()),
            outside: *outside,
            task,
            layers: config.model().layers(),
            starts_as_pca: config.model().has_linear_path() && config.train.count_start == Some(true),
            epochs: config.train.epochs,
            passes: config.train.passes,
            max_seconds: config.train.max_seconds,
            batch_size: config.train.batch_size,
            memory: Some(prepared.memory),
            device: config.train.device.clone(),
        }
    }

    /// What the model is made of, and how long it is trained at most.
    fn write_plan(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.layers.is_empty() {
            write!(f, ", layers {:?}", self.layers)?;
        }
        if self.starts_as_pca {
            write!(f, ", starts as PCA")?;
        }
        write!(f, "; at most {} epochs of ", self.epochs)?;
        match self.passes {
            1 => write!(f, "one pass")?,
            passes => write!(f, "{passes} passes")?,
        }
        write!(f, " in batches of {}", self.batch_size)?;
        match self.max_seconds {
            Some(seconds) => write!(f, ", and {seconds:.0} s"),
            None => Ok(()),
        }
    }
}
