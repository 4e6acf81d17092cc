//! Parts that models share.

pub mod activation;
pub mod convolution;
pub mod initialisation;
pub mod layout;
pub mod linear;
#[cfg(test)]
pub(crate) mod testing;
pub mod trunk;
