//! Corruptions, one file each.

use autoencoder_core::{Corruption, Seed};
use burn::tensor::{Tensor, TensorData};
use rand::Rng as _;

// One line a corruption: its file and type, its name, what it does.
kinds! {
    /// A corruption as the configuration names it.
    CorruptionConfig builds Corruption;
    masking::Masking = "masking", "sets each input to 0 with a probability";
    dropout::Dropout = "dropout", "sets each input to 0 with a probability, and scales the others so that the mean stays";
    gaussian::Gaussian = "gaussian", "adds Gaussian noise to each input";
    salt_and_pepper::SaltAndPepper = "salt-and-pepper", "sets each input to 0 or to 1 with a probability, by a fair coin";
}

/// How many random bytes are drawn at a time: few enough to stay in the first-level cache.
const CHUNK: usize = 4096;

/// For each value of a batch of that shape, a number made by `map` from 31 random bits.
fn from_random_bits(x: &Tensor<2>, seed: Seed, map: impl Fn(u32) -> f32) -> Tensor<2> {
    let (mut rng, mut bytes) = (seed.rng(), [0; CHUNK]);
    let mut values = vec![0.0; x.shape().num_elements()];
    for values in values.chunks_mut(CHUNK / 4) {
        rng.fill_bytes(&mut bytes);
        for (value, &bits) in values.iter_mut().zip(bytes.as_chunks().0) {
            *value = map(u32::from_le_bytes(bits) >> 1);
        }
    }
    Tensor::from_data(TensorData::new(values, x.dims()), &x.device())
}

/// The number of 31 random bits below which a share `probability` of all falls: with 32, that of
/// probability 1 would need 33, and the comparison 64.
fn threshold(probability: f64) -> u32 {
    (probability * 2_147_483_648.0).round() as u32
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;
    use proptest::prelude::{ProptestConfig, prop_assert, prop_assert_eq, proptest};

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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn any_shape_is_kept_and_every_value_stays_finite(
            rows in 1_usize..70, features in 1_usize..70, seed: u64,
        ) {
            for corruption in all() {
                let x = Tensor::<2>::full([rows, features], 0.5, &Device::flex());
                let noisy = corruption.corrupt(x, Seed::new(seed));
                prop_assert_eq!(noisy.dims(), [rows, features], "{}", corruption.name());
                prop_assert!(values(noisy).iter().all(|value| value.is_finite()), "{}", corruption.name());
            }
        }
    }

    #[test]
    fn noise_does_not_repeat_from_one_chunk_of_random_bits_to_the_next() {
        let x = Tensor::<2>::full([2, CHUNK / 4], 0.5, &Device::flex());
        for corruption in all() {
            let noisy = values(corruption.corrupt(x.clone(), Seed::new(1)));
            let (first, second) = noisy.split_at(CHUNK / 4);
            assert_ne!(first, second, "{}", corruption.name());
        }
    }

    #[test]
    fn a_longer_batch_begins_with_the_noise_of_a_shorter_one() {
        for corruption in all() {
            let noisy = |rows| {
                let x = Tensor::<2>::full([rows, 31], 0.5, &Device::flex());
                values(corruption.corrupt(x, Seed::new(1)))
            };
            assert_eq!(noisy(257)[..31 * 7], noisy(7), "{}", corruption.name());
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
