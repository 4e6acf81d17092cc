//! Corruptions: the noise of a denoising autoencoder.

use burn::tensor::Tensor;

use crate::Seed;

/// A random map `x -> x~` that training applies to the encoder's input; the loss compares with the
/// clean `x` (Vincent et al. 2010, section 3). Evaluation never applies it.
pub trait Corruption: Send + Sync {
    /// The name in the configuration, such as `masking`.
    fn name(&self) -> &'static str;

    /// `x~`, of `x`'s shape `[batch, features]`. Randomness comes from `seed` alone, so the same
    /// seed gives the same bits on every backend.
    fn corrupt(&self, x: Tensor<2>, seed: Seed) -> Tensor<2>;

    /// 1 for each component that it changed and 0 for those that it left, `[batch, features]` twice to the same.
    fn changed(&self, clean: Tensor<2>, corrupted: Tensor<2>) -> Tensor<2> {
        clean.not_equal(corrupted).float()
    }

    /// The least and the greatest value that examples must lie between for it to be what it says; `None` where any will do.
    fn range(&self) -> Option<(f32, f32)> {
        None
    }
}
