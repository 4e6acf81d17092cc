//! How well an autoencoder reconstructs: errors per example, arrays in and out, PCA beside them.
//!
//! [`evaluate`] measures a model on a source, always without corruption; [`encode`], [`decode`] and
//! [`reconstruct`] turn sources into arrays batch by batch. Everything is generic over
//! [`autoencoder_core::Autoencoder`].
//!
//! ```
//! use autoencoder_eval::{PartError, PerPart};
//!
//! let part = |squared_error_per_example| PartError { squared_error_per_example };
//! let errors = PerPart { train: part(1.0), validation: part(1.1), test: part(1.2) };
//! assert!(errors.test.squared_error_per_example > errors.train.squared_error_per_example);
//! ```

mod arrays;
mod comparison;
mod reconstruction;

pub use arrays::{decode, encode, reconstruct};
pub use comparison::{Baseline, Evaluation, PartError, PerPart};
pub use reconstruction::{SplitEvaluation, evaluate};
