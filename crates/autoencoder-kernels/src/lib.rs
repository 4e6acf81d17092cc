//! Fast paths for what training does in every step, with a composed fallback on every backend.
//!
//! The optimisers of [`optim`] update parameter and state in one pass on the CPU backend, where Burn's
//! make eight; elsewhere they are composed of tensor operations with the same result. The instruction set
//! is chosen at run time.
//!
//! ```
//! use autoencoder_kernels::optim::AdamW;
//! use burn::optim::ModuleOptimizer;
//!
//! let optimiser: ModuleOptimizer = AdamW { weight_decay: 0.01, ..AdamW::default() }.into();
//! ```

pub mod optim;

use burn::backend::DispatchDevice;
use burn::tensor::Device;

/// Whether a device is the CPU backend, tracked by autodiff or not.
pub fn is_flex(device: &Device) -> bool {
    matches!(device.clone().inner().as_dispatch(), DispatchDevice::Flex(_))
}

// The derive of an optimiser's state looks for these at the root of the crate it is used in.
use burn::optim::{RecordState, StateSink, StateSource};
