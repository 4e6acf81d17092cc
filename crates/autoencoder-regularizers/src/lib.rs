//! Corruptions and penalties, one file each: what keeps an autoencoder from merely copying.
//!
//! [`CorruptionConfig`] is the `[corruption]` table of a configuration, [`PenaltyConfig`] one of its
//! `[[penalty]]` tables; each builds a trait object that any model can be trained with. A new one is one
//! new file and one line in its list.
//!
//! ```
//! use autoencoder_core::{Corruption, Seed, device};
//! use autoencoder_regularizers::corruptions::Masking;
//! use burn::tensor::Tensor;
//!
//! let x = Tensor::<2>::ones([4, 100], &device::by_name("flex")?);
//! let noisy = Masking { probability: 0.25 }.corrupt(x, Seed::new(7));
//! let kept = noisy.sum().into_scalar::<f32>();
//! assert!((200.0..=400.0).contains(&kept));
//! # Ok::<(), autoencoder_core::DeviceError>(())
//! ```

#[macro_use]
mod registry;

pub mod corruptions;
pub mod penalties;
mod weight;

pub use corruptions::{CorruptionConfig, Dropout, Gaussian, Masking, SaltAndPepper};
pub use penalties::{Contractive, Kl, L1, Orthogonal, PenaltyConfig, WeightDecay};
pub use weight::{PenaltyWeight, Ramp};

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
