//! The toolkit for autoencoders: from a configuration to a trained model, its errors beside PCA's,
//! and its pictures.
//!
//! A [`RunConfig`] says what to learn from, which model, which loss, which noise and penalties, and
//! how to train. [`RunConfig::check`] is the one door: what comes out of it cannot be invalid. Then
//! there is one function a verb of the command `ae`: [`train`], [`resume`], [`finetune`], [`predict_file`], [`probe`], [`evaluate`],
//! [`sample`], [`interpolate`], [`score`], [`export`], [`write_report`], [`write_events`], and [`Trained`] with `encode`, `decode` and `reconstruct`. On arrays
//! in memory, without a run folder, [`RunConfig::fit`] trains and [`Trained`] has `transform`, `inverse_transform` and
//! `score_samples`. The crates below work alone as well; they are re-exported here by name.
//!
//! ```no_run
//! use autoencoder::prelude::*;
//!
//! let config = RunConfig::from_toml(Recipe::by_name("mnist-deep")?.text, "mnist-deep")?;
//! let run = RunFolder::new("runs/first");
//! let session = Session {
//!     data: DataFolder::new(None),
//!     show: Show::Epochs(Box::new(|record| eprintln!("{} {}", record.epoch, record.validation_loss()))),
//!     begun: &mut |beginning| eprintln!("{beginning}"),
//!     fetching: &mut |_| {},
//!     interrupter: Interrupter::new(),
//! };
//! let report = train(config.check()?, &run, session)?;
//! let trained = Trained::load(&run, "flex")?;
//! # Ok::<(), autoencoder::Error>(())
//! ```

mod arrays;
mod classes;
mod classifier;
mod config;
mod data;
mod defaults;
mod device_check;
mod error;
mod memory;
mod outputs;
pub mod overrides;
mod pictures;
mod prepared;
mod recipes;
mod rows;
mod run_folder;
mod scorer;
mod seal;
mod shard;
mod stack;
mod stages;
mod trained;
mod verbs;

pub use autoencoder_core as core;
pub use autoencoder_datasets as datasets;
pub use autoencoder_eval as eval;
pub use autoencoder_kernels as kernels;
pub use autoencoder_models as models;
pub use autoencoder_regularizers as regularizers;
pub use autoencoder_report as report;
pub use autoencoder_train as training;

pub use arrays::load;
pub use classifier::{Classifier, ClassifierCard, EncoderUse, FinetuneConfig, Standard, Target};
pub use config::{Bits, CheckedRun, DataConfig, RunConfig, ScoreConfig, ScoreKind};
pub use data::{DataCard, FileCard, Parts};
pub use defaults::Open;
pub use device_check::{Deviation, check_device};
pub use error::{ConfigError, Error};
pub use recipes::{RECIPES, Recipe};
pub use run_folder::{Lock, ModelCard, Place, RunFolder};
pub use shard::Shard;
pub use stages::StageConfig;
pub use trained::Trained;
pub use verbs::{
    Beginning, Between, ColumnCounts, Denoising, Draw, Exported, FinetuneReport, Generated, Inspection,
    Localisation, NeighbourScores, Outputs, Part, PcaScores, Probed, Probes, Reported, Row, Scored, Scoring,
    Session, Show, Task, TrainReport, Way, Worker, Written, check_workers, decode_file, denoise_file,
    denoise_test, encode_file, evaluate, export, finetune, inspect, interpolate, predict_file, probe,
    reconstruct_file, report_scores, resume, sample, score, show_data, train, work, write_data, write_events,
    write_report,
};

/// What most programs need.
pub mod prelude {
    pub use autoencoder_core::{Autoencoder, Loss, Seed, Source};
    pub use autoencoder_datasets::DataFolder;
    pub use autoencoder_train::Interrupter;

    pub use crate::{Recipe, RunConfig, RunFolder, Session, Show, Trained, evaluate, load, resume, train};
}

/// The examples of the book's chapters, which must compile and hold what they say.
#[cfg(doctest)]
mod book {
    macro_rules! chapters {
        ($($chapter:ident = $path:literal;)+) => {
            $(#[doc = include_str!(concat!("../../../docs/chapters/", $path))] struct $chapter;)+
        };
    }

    chapters! {
        Basics = "basics.md";
        Undercomplete = "undercomplete.md";
        Deep = "deep.md";
        Convolutional = "convolutional.md";
        Overcomplete = "overcomplete.md";
        Sparse = "sparse.md";
        Denoising = "denoising.md";
        Stacked = "stacked.md";
        Contractive = "contractive.md";
        Distance = "distance.md";
        Variational = "variational.md";
    }
}
