//! Fast paths for what training does in every step, with a composed fallback on every backend.
//!
//! [`optim`] updates parameter and state in one pass on the CPU backend, where Burn's optimisers make
//! eight; [`activation`] and [`loss`] are vectorised, forward and backward in one pass each. Elsewhere the
//! same is composed of tensor operations; the instruction set is chosen at run time.
//!
//! ```
//! use autoencoder_kernels::{activation, loss, optim::AdamW};
//! use burn::optim::ModuleOptimizer;
//! use burn::tensor::{Device, Tensor};
//!
//! let clean = Tensor::<2>::ones([4, 3], &Device::flex());
//! let code = activation::gelu(clean.clone() - 0.5);
//! let losses = loss::bernoulli_per_example(code, clean);
//! assert_eq!(losses.dims(), [4]);
//! let optimiser: ModuleOptimizer = AdamW { weight_decay: 0.01, ..AdamW::default() }.into();
//! ```

pub mod activation;
mod elementary;
pub mod loss;
mod memory;
pub mod optim;
