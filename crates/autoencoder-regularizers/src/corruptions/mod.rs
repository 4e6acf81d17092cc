//! Corruptions, one file each.

mod gaussian;
mod masking;
mod salt_and_pepper;

use autoencoder_core::{Corruption, Seed};
use burn::tensor::{Tensor, TensorData};
use rand::Rng as _;

pub use gaussian::Gaussian;
pub use masking::Masking;
pub use salt_and_pepper::SaltAndPepper;

// One line a corruption: its type, its name, what it does.
kinds! {
    /// A corruption as the configuration names it.
    CorruptionConfig builds Corruption;
    Masking = "masking", "sets each input to 0 with a probability";
    Gaussian = "gaussian", "adds Gaussian noise to each input";
    SaltAndPepper = "salt-and-pepper", "sets each input to 0 or to 1 with a probability, by a fair coin";
}

/// For each value of a batch of that shape, a number made by `map` from 32 random bits.
fn from_random_bits(x: &Tensor<2>, seed: Seed, map: impl Fn(u32) -> f32) -> Tensor<2> {
    let mut bytes = vec![0; 4 * x.shape().num_elements()];
    seed.rng().fill_bytes(&mut bytes);
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|&bits| map(u32::from_le_bytes(bits))).collect();
    Tensor::from_data(TensorData::new(values, x.dims()), &x.device())
}

/// The number of 32 random bits below which a share `probability` of all falls.
fn threshold(probability: f64) -> u64 {
    (probability * 4_294_967_296.0).round() as u64
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn all() -> Vec<Box<dyn Corruption>> {
        let config =
            |kind: &str| serde_json::from_value::<CorruptionConfig>(serde_json::json!({ "kind": kind }));
        KINDS.iter().map(|kind| config(kind.name).expect(kind.name).build()).collect()
    }

    fn values(x: Tensor<2>) -> Vec<f32> {
        x.into_data().iter::<f32>().collect()
    }

    #[test]
    fn every_corruption_keeps_the_shape_and_is_a_function_of_the_seed() {
        for corruption in all() {
            for rows in [1, 7, 127, 128, 257] {
                let x = Tensor::<2>::full([rows, 31], 0.5, &Device::flex());
                let noisy = |seed| corruption.corrupt(x.clone(), Seed::new(seed));
                assert_eq!(noisy(1).dims(), [rows, 31], "{}", corruption.name());
                assert_eq!(values(noisy(1)), values(noisy(1)), "{}", corruption.name());
                assert_ne!(values(noisy(1)), values(noisy(2)), "{}", corruption.name());
            }
        }
    }

    #[test]
    fn an_empty_batch_stays_empty() {
        for corruption in all() {
            let x = Tensor::<2>::zeros([0, 31], &Device::flex());
            assert_eq!(corruption.corrupt(x, Seed::new(1)).dims(), [0, 31], "{}", corruption.name());
        }
    }
}
