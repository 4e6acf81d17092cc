//! Initial weights, by name and seed.

use autoencoder_core::{Kind, Seed};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal, StandardUniform};
use serde::{Deserialize, Serialize};

/// How initial weights are drawn, on the host, so that a seed gives the same bits on every backend.
/// `fan_in` and `fan_out` are the inputs and outputs of the layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Initialisation {
    /// Normal with variance `2 / fan_in` (He et al. 2015), for ReLU-like activations.
    #[default]
    HeNormal,
    /// Uniform with variance `2 / fan_in`.
    HeUniform,
    /// Normal with variance `2 / (fan_in + fan_out)` (Glorot and Bengio 2010), for sigmoid and tanh.
    GlorotNormal,
    /// Uniform with variance `2 / (fan_in + fan_out)`.
    GlorotUniform,
    /// Normal with variance `1 / fan_in` (LeCun et al. 1998).
    LecunNormal,
    /// Uniform in `±1 / sqrt(fan_in)`: what `torch.nn.Linear` does to its weights.
    TorchUniform,
}

impl Initialisation {
    /// The initialisations a configuration may name.
    pub const KINDS: &[Kind] = &[
        Kind { name: "he-normal", summary: "normal, variance 2 / fan_in" },
        Kind { name: "he-uniform", summary: "uniform, variance 2 / fan_in" },
        Kind { name: "glorot-normal", summary: "normal, variance 2 / (fan_in + fan_out)" },
        Kind { name: "glorot-uniform", summary: "uniform, variance 2 / (fan_in + fan_out)" },
        Kind { name: "lecun-normal", summary: "normal, variance 1 / fan_in" },
        Kind { name: "torch-uniform", summary: "uniform in ±1 / sqrt(fan_in), as torch.nn.Linear" },
    ];

    /// The variance of a weight.
    fn variance(self, fan_in: usize, fan_out: usize) -> f64 {
        let (fan_in, fan_out) = (fan_in as f64, fan_out as f64);
        match self {
            Self::HeNormal | Self::HeUniform => 2.0 / fan_in,
            Self::GlorotNormal | Self::GlorotUniform => 2.0 / (fan_in + fan_out),
            Self::LecunNormal => 1.0 / fan_in,
            // A uniform variable in ±a has variance a² / 3.
            Self::TorchUniform => 1.0 / (3.0 * fan_in),
        }
    }

    /// Weights of a dense layer, `[fan_in, fan_out]` row by row.
    pub fn weights(self, fan_in: usize, fan_out: usize, seed: Seed) -> Vec<f32> {
        self.draw(fan_in * fan_out, fan_in, fan_out, seed)
    }

    /// `count` weights of a layer whose outputs have `fan_in` inputs each, and whose inputs `fan_out`
    /// outputs.
    pub fn draw(self, count: usize, fan_in: usize, fan_out: usize, seed: Seed) -> Vec<f32> {
        let deviation = self.variance(fan_in, fan_out).sqrt() as f32;
        let mut rng = seed.rng();
        match self {
            Self::HeNormal | Self::GlorotNormal | Self::LecunNormal => {
                draws(StandardNormal, &mut rng, count, |z: f32| z * deviation)
            }
            Self::HeUniform | Self::GlorotUniform | Self::TorchUniform => {
                let bound = 3_f32.sqrt() * deviation;
                draws(StandardUniform, &mut rng, count, |u: f32| (2.0 * u - 1.0) * bound)
            }
        }
    }
}

fn draws<D: Distribution<f32>>(
    distribution: D,
    rng: &mut impl Rng,
    count: usize,
    map: impl Fn(f32) -> f32,
) -> Vec<f32> {
    (0..count).map(|_| map(distribution.sample(rng))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Initialisation; 6] = [
        Initialisation::HeNormal,
        Initialisation::HeUniform,
        Initialisation::GlorotNormal,
        Initialisation::GlorotUniform,
        Initialisation::LecunNormal,
        Initialisation::TorchUniform,
    ];

    #[test]
    fn weights_have_mean_zero_and_the_named_variance() {
        let (fan_in, fan_out) = (300, 100);
        let expected = [2.0 / 300.0, 2.0 / 300.0, 2.0 / 400.0, 2.0 / 400.0, 1.0 / 300.0, 1.0 / 900.0];
        for (initialisation, expected) in ALL.into_iter().zip(expected) {
            let weights = initialisation.weights(fan_in, fan_out, Seed::new(5));
            let n = weights.len() as f64;
            let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / n;
            let variance = weights.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>() / n;
            assert!(mean.abs() < 5.0 * (expected / n).sqrt(), "{initialisation:?} {mean}");
            assert!(
                (variance / expected - 1.0).abs() < 5.0 * (2.0 / n).sqrt(),
                "{initialisation:?} {variance}"
            );
        }
    }

    #[test]
    fn the_seed_decides_the_weights() {
        for initialisation in ALL {
            let weights = |seed| initialisation.weights(3, 5, Seed::new(seed));
            assert_eq!(weights(1), weights(1));
            assert_ne!(weights(1), weights(2));
        }
    }

    #[test]
    fn the_list_names_every_initialisation_as_serde_does() {
        let names: Vec<String> = ALL
            .iter()
            .map(|a| serde_json::to_value(a).expect("a word").as_str().expect("a word").to_owned())
            .collect();
        assert_eq!(names, Initialisation::KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>());
    }
}
