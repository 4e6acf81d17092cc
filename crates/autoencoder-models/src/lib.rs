//! Autoencoder models, one file each, and PCA as the linear model they are compared with.
//!
//! A model is the map from examples to codes and back; noise and penalties are elsewhere, since any
//! model takes them. [`ModelConfig`] is the `[model]` table of a configuration and builds a [`Model`].
//! [`Pca`] is exact, through the covariance matrix.
//!
//! ```
//! use autoencoder_core::{Autoencoder, ExampleShape, Seed, device};
//! use autoencoder_models::DenseConfig;
//! use burn::tensor::Tensor;
//!
//! let device = device::by_name("flex")?;
//! let config = DenseConfig { hidden: vec![64], code: 2, ..DenseConfig::default() };
//! let model = config.init(ExampleShape::Flat(784), Seed::new(7), &device)?;
//! let code = model.encode(Tensor::zeros([5, 784], &device));
//! assert_eq!(code.h.dims(), [5, 2]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[macro_use]
mod registry;

pub mod blocks;
mod error;
pub mod export;
mod mixture;
mod pca;
pub mod safetensors;

pub use blocks::activation::Activation;
pub use blocks::initialisation::Initialisation;
pub use blocks::layout::{Cost, Downsampling, Upsampling};
pub use error::ModelError;
pub use mixture::{GaussianMixture, GivenUp};
pub use pca::Pca;

// One line a model: its file and type, its configuration, the name of its file, what it is.
models! {
    dense::Dense(DenseConfig) = "dense", "fully connected layers of any depth, tied weights or not";
    conv::Conv(ConvConfig) = "conv", "convolutional stages and dense layers, for images";
    variational::Variational(VariationalConfig) = "variational", "a Gaussian posterior and samples from it, dense or convolutional";
}

impl Default for ModelConfig {
    fn default() -> Self {
        Self::Dense(DenseConfig::default())
    }
}

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of `src/` that are no model.
    const OTHERS: [&str; 6] = ["error", "lib", "mixture", "pca", "registry", "safetensors"];

    #[test]
    fn every_file_is_a_registered_model() {
        // Cargo runs tests in the package's folder.
        let files = std::fs::read_dir("src").expect("the sources");
        let mut names: Vec<String> = files
            .filter_map(|entry| {
                entry.expect("an entry").file_name().to_str()?.strip_suffix(".rs").map(str::to_owned)
            })
            .filter(|name| !OTHERS.contains(&name.as_str()))
            .collect();
        names.sort_unstable();
        let mut registered: Vec<String> = KINDS.iter().map(|kind| kind.name.replace('-', "_")).collect();
        registered.sort_unstable();
        assert_eq!(names, registered);
    }

    #[test]
    fn every_kind_reads_its_name_alone_and_refuses_an_unknown_key() {
        for kind in KINDS {
            let config: ModelConfig =
                serde_json::from_value(serde_json::json!({ "kind": kind.name })).expect(kind.name);
            assert_eq!(config.name(), kind.name);
            let with_typo = serde_json::json!({ "kind": kind.name, "hiden": [3] });
            assert!(serde_json::from_value::<ModelConfig>(with_typo).is_err(), "{}", kind.name);
        }
    }
}
