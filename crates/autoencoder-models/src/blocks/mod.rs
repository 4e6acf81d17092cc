//! Parts that models share.

pub mod activation;
pub mod initialisation;
pub mod linear;
