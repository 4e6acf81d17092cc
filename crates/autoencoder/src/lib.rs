//! The toolkit for autoencoders: from a configuration to a trained model, its errors beside PCA's,
//! and its pictures.
//!
//! A [`config::RunConfig`] says what to learn from, which model, which loss, which noise and penalties, and
//! how to train. [`config::RunConfig::check`] is the one door: what comes out of it cannot be invalid. Then
//! [`verbs::train`] makes a run folder, and an opened [`run::Run`] has a method a verb of the command `ae`. On arrays in
//! memory, without a run folder, [`config::RunConfig::fit`] gives a [`model::Estimator`] with `transform`,
//! `inverse_transform` and `score_samples`. The crates below work alone as well; they are re-exported here by name.
//!
//! ```no_run
//! use autoencoder::prelude::*;
//!
//! let config = RunConfig::from_toml(Recipe::by_name("mnist-deep")?.text, "mnist-deep")?;
//! let run = RunFolder::new("runs/first");
//! let data = DataFolder::new(None);
//! let session = Session::epochs(|record| eprintln!("{} {}", record.epoch, record.validation_loss()));
//! let report = train(&config.check()?, &run, &data, &session)?;
//! let run = Run::open(&run, "flex", &data)?;
//! run.encode("new.npy".as_ref(), "codes.npy".as_ref(), Shard::WHOLE)?;
//! # Ok::<(), autoencoder::Error>(())
//! ```

pub mod config;
pub mod data;
mod error;
pub mod model;
mod pictures;
pub mod run;
pub mod training;
pub mod verbs;

pub use autoencoder_core as core;
pub use autoencoder_datasets as datasets;
pub use autoencoder_eval as eval;
pub use autoencoder_kernels as kernels;
pub use autoencoder_models as models;
pub use autoencoder_regularizers as regularizers;
pub use autoencoder_report as report;
pub use autoencoder_train as train;
pub use error::Error;
pub use ndarray;

/// What most programs need.
pub mod prelude {
    pub use autoencoder_core::{Autoencoder, Loss, Seed, Source};
    pub use autoencoder_datasets::DataFolder;
    pub use autoencoder_train::Interrupter;

    pub use crate::config::{Recipe, RunConfig};
    pub use crate::data::Shard;
    pub use crate::model::{Estimator, Trained};
    pub use crate::run::{Run, RunFolder};
    pub use crate::training::{Session, load};
    pub use crate::verbs::{resume, train};
}

// The examples of the front pages must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;

/// The examples of the book's chapters, which must compile and hold what they say.
#[cfg(doctest)]
mod book {
    macro_rules! chapters {
        ($($chapter:ident = $path:literal;)+) => {
            $(#[doc = include_str!(concat!("../../../docs/chapters/", $path))] struct $chapter;)+
        };
    }

    #[doc = include_str!("../../../docs/library.md")]
    struct Library;

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
