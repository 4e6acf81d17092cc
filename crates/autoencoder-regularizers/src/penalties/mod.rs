//! Penalties, one file each.

use autoencoder_core::Penalty;

// One line a penalty: its file and type, its name, what it does.
kinds! {
    /// A penalty as the configuration names it.
    PenaltyConfig builds Penalty;
    contractive::Contractive = "contractive", "the squared Frobenius norm of the encoder's Jacobian: a code that ignores small changes";
    kl::Kl = "kl", "the divergence of each unit's mean activity from a target: a sparse sigmoid code";
    l1::L1 = "l1", "the sum of the magnitudes of the code: a sparse code";
    orthogonal::Orthogonal = "orthogonal", "the squared covariances between code units: units that say different things";
    weight_decay::WeightDecay = "weight-decay", "half the sum of the squared weights: small weights";
}
