//! Parts that models share.

pub mod activation;
pub mod convolution;
pub mod initialisation;
pub mod layout;
pub mod linear;
pub mod linear_path;
#[cfg(test)]
pub(crate) mod testing;
pub mod trunk;
