//! Optimisers that update everything in one pass.

mod adam;
mod sgd;
mod slices;

pub use adam::{Adam, AdamState, AdamW};
pub use sgd::{Sgd, SgdState};
