//! Penalties, one file each.

mod l1;
mod weight_decay;

use autoencoder_core::Penalty;

pub use l1::L1;
pub use weight_decay::WeightDecay;

// One line a penalty: its type, its name, what it does.
kinds! {
    /// A penalty as the configuration names it.
    PenaltyConfig builds Penalty;
    L1 = "l1", "the sum of the magnitudes of the code: a sparse code";
    WeightDecay = "weight-decay", "half the sum of the squared weights: small weights";
}
