//! Independent random streams from one seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

/// A seed, from which streams are derived by purpose and position instead of being drawn in turn:
/// resuming needs no stored generator, and adding a use of randomness changes no other.
///
/// ```
/// use autoencoder_core::Seed;
///
/// let seed = Seed::new(7);
/// assert_ne!(seed.stream("shuffle"), seed.stream("corruption"));
/// assert_eq!(seed.stream("corruption").at(3), Seed::new(7).stream("corruption").at(3));
/// ```
///
/// ```
/// use autoencoder_core::Seed;
///
/// let noise = Seed::new(7).stream("noise").at(3);
/// assert_eq!(noise, Seed::new(7).stream("noise").at(3));
/// assert_ne!(noise, Seed::new(7).stream("order").at(3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(u64);

impl Seed {
    /// The seed of a whole run.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The number it was made from.
    pub const fn value(self) -> u64 {
        self.0
    }

    /// The stream for one purpose, such as `"corruption"`.
    pub fn stream(self, purpose: &str) -> Self {
        purpose.bytes().fold(self.at(purpose.len() as u64), |seed, byte| seed.at(u64::from(byte)))
    }

    /// The stream at a position: an epoch, a step, an element.
    pub fn at(self, index: u64) -> Self {
        Self(mix(self.0 ^ mix(index.wrapping_add(0x9e37_79b9_7f4a_7c15))))
    }

    /// A generator of this stream: ChaCha with 8 rounds, the same bits on every platform.
    pub fn rng(self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.0)
    }
}

/// The output function of SplitMix64 (Steele, Lea and Flood 2014): a bijection in which every
/// input bit flips about half of the output bits.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn streams_of_seeds_purposes_and_positions_are_all_different() {
        let mut seen = HashSet::new();
        for seed in 0..20 {
            for purpose in ["shuffle", "corruption", "init", ""] {
                for index in 0..50 {
                    assert!(seen.insert(Seed::new(seed).stream(purpose).at(index)));
                }
            }
        }
    }
}
