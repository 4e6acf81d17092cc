//! The vocabulary every crate of the toolkit shares.
//!
//! An autoencoder maps an example `x` to a code `h = f(x)` and back to a reconstruction
//! `x^ = g(h)`; it is trained on `J = L(x, g(f(x~))) + Σ λ_i Ω_i`, where `x~` is a corruption of
//! `x` and the `Ω_i` are penalties. This crate names those parts — [`Autoencoder`], [`Code`],
//! [`Pass`], [`Penalty`], [`Corruption`], [`Loss`] — together with where examples come from
//! ([`Source`]), what computes ([`device`]) and what makes a run repeatable ([`Seed`]).
//!
//! ```
//! use autoencoder_core::{Loss, SquaredError, device};
//! use burn::tensor::Tensor;
//!
//! let device = device::by_name("flex")?;
//! let clean = Tensor::<2>::from_data([[0.0, 1.0], [1.0, 1.0]], &device);
//! let output = Tensor::<2>::from_data([[0.0, 0.0], [1.0, 1.0]], &device);
//! let loss = Loss::SquaredError(SquaredError::default());
//! let per_example: Vec<f32> = loss.per_example(output, clean).into_data().iter().collect();
//! assert_eq!(per_example, [1.0, 0.0]);
//! # Ok::<(), autoencoder_core::DeviceError>(())
//! ```

mod autoencoder;
mod code;
mod corruption;
pub mod device;
mod error;
pub mod files;
mod loss;
mod nearest;
mod penalty;
mod range;
mod registry;
pub mod remote;
mod seed;
mod seen;
mod shape;
mod source;
pub mod testing;
#[cfg(any(feature = "wgpu", feature = "vulkan", feature = "metal", feature = "cuda"))]
mod tuning;

pub use autoencoder::{Autoencoder, Facts};
pub use code::{Code, DiagonalGaussian, Moment, Pass, Term, standard_normal};
pub use corruption::Corruption;
pub use device::DeviceError;
pub use error::DataError;
pub use loss::{
    Bernoulli, Bounds, Categorical, Domain, GaussianNoise, Loss, Output, OutputActivation, SquaredError,
    Support,
};
pub use nearest::nearest;
pub use penalty::{Needs, Penalty};
pub use range::RangeError;
pub use registry::Kind;
pub use seed::Seed;
pub use seen::Seen;
pub use shape::ExampleShape;
pub use source::{Source, Subset, check_rows, for_each_chunk, rows_of_chunk};

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
