//! How well an autoencoder reconstructs: errors per example, arrays in and out, PCA beside them; and how well that
//! tells anomalies.
//!
//! [`evaluate`] measures a model on a source, always without corruption; [`encode`], [`decode`] and
//! [`reconstruct`] turn sources into arrays batch by batch. [`score_samples`] scores anomalies, [`Rule`] draws the line,
//! [`Ranking`] says how good the order is. Everything is generic over
//! [`autoencoder_core::Autoencoder`].
//!
//! ```
//! use autoencoder_core::{Autoencoder, DataError, Loss, Source, SquaredError};
//! use autoencoder_eval::evaluate;
//! use burn::tensor::Device;
//!
//! fn squared_error<A: Autoencoder>(model: &A, test: &dyn Source) -> Result<f64, DataError> {
//!     let loss = Loss::SquaredError(SquaredError::default());
//!     Ok(evaluate(model, &loss, test, 1024, &Device::flex())?.squared_error_per_example)
//! }
//! ```

mod arrays;
mod classification;
mod comparison;
mod evidence;
mod neighbours;
mod ranking;
mod reconstruction;
mod regression;
mod scores;
mod threshold;
mod views;

pub use arrays::{collect, decode, encode, reconstruct};
pub use classification::{Answers, answer};
pub use comparison::{Baseline, Evaluation, PartError, PerPart};
pub use evidence::{Evidence, evidence};
pub use neighbours::{Neighbour, Neighbours, nearest_neighbours};
pub use ranking::{Estimate, Ranking, auroc};
pub use reconstruction::{SplitEvaluation, evaluate, jacobian_norm};
pub use regression::Deviations;
pub use scores::{Excess, score_samples, shares};
pub use threshold::{Rule, p_values, quantile};
pub use views::{FittedView, View};

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
