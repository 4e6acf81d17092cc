//! How well an autoencoder reconstructs: errors per example, arrays in and out, PCA beside them; and how well that
//! tells anomalies.
//!
//! [`On`] is a model under a loss on a device: [`On::evaluate`] measures it on a source, always without corruption;
//! [`On::encode`], [`On::decode`] and [`On::reconstruct`] turn sources into arrays batch by batch. [`On::score_samples`] scores
//! anomalies, [`Rule`] draws the line, [`Ranking`] says how good the order is. Everything is generic over
//! [`autoencoder_core::Autoencoder`].
//!
//! ```
//! use autoencoder_core::{Autoencoder, DataError, Loss, Source, SquaredError};
//! use autoencoder_eval::On;
//! use burn::tensor::Device;
//!
//! fn squared_error<A: Autoencoder>(model: &A, test: &dyn Source) -> Result<f64, DataError> {
//!     let loss = &Loss::SquaredError(SquaredError::default());
//!     let on = On { model, loss, batch_size: 1024, device: &Device::flex() };
//!     Ok(on.evaluate(test)?.squared_error_per_example)
//! }
//! ```

mod arrays;
mod classification;
mod comparison;
mod embedding;
mod evidence;
mod neighbours;
mod on;
mod ranking;
mod reconstruction;
mod regression;
mod scores;
mod threshold;
mod views;

pub use arrays::collect;
pub use classification::{Answers, answer, softmax};
pub use comparison::{Baseline, Evaluation, PartError, PerPart};
pub use embedding::tsne;
pub use evidence::Evidence;
pub use neighbours::{Neighbour, Neighbours, nearest_neighbours};
pub use on::On;
pub use ranking::{Estimate, Ranking, auroc};
pub use reconstruction::SplitEvaluation;
pub use regression::Deviations;
pub use scores::Excess;
pub use threshold::{Rule, p_values, quantile};
pub use views::{FittedView, View};

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
