//! Fast paths for what training does in every step, with a composed fallback on every backend.
//!
//! [`mod@linear`] is a layer with its activation, [`losses`] a reconstruction loss with its gradient, each in one
//! operation with a backward pass of its own. The optimisers of [`optim`] update parameter and state in one pass on the CPU backend, where Burn's
//! make eight; elsewhere they are composed of tensor operations with the same result. The instruction set
//! is chosen at run time; `AUTOENCODER_SIMD=off` in the environment leaves vector instructions out of all but products.
//!
//! ```
//! use autoencoder_kernels::optim::AdamW;
//! use burn::optim::ModuleOptimizer;
//!
//! let optimiser: ModuleOptimizer = AdamW { weight_decay: 0.01, ..AdamW::default() }.into();
//! ```

pub mod activation;
mod blocks;
pub mod contraction;
pub mod convolution;
mod flex;
pub mod linear;
pub mod losses;
mod math;
pub mod optim;
mod patches;
mod pointwise;
mod product;
mod simd;
mod sparse;
pub mod sparsity;

pub use flex::is_flex;
pub use pointwise::Pointwise;
pub use simd::{instruction_set, is_vectorised};

// The derive of an optimiser's state looks for these at the root of the crate it is used in.
use burn::optim::{RecordState, StateSink, StateSource};

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
