//! Penalties, one file each.

mod contractive;
mod kl;
mod l1;
mod orthogonal;
mod weight_decay;

use autoencoder_core::Penalty;

pub use contractive::Contractive;
pub use kl::Kl;
pub use l1::L1;
pub use orthogonal::Orthogonal;
pub use weight_decay::WeightDecay;

// One line a penalty: its type, its name, what it does.
kinds! {
    /// A penalty as the configuration names it.
    PenaltyConfig builds Penalty;
    Contractive = "contractive", "the squared Frobenius norm of the encoder's Jacobian: a code that ignores small changes";
    Kl = "kl", "the divergence of each unit's mean activity from a target: a sparse sigmoid code";
    L1 = "l1", "the sum of the magnitudes of the code: a sparse code";
    Orthogonal = "orthogonal", "the squared covariances between code units: units that say different things";
    WeightDecay = "weight-decay", "half the sum of the squared weights: small weights";
}
