//! What can be wrong with a model's configuration, its weights, or a fit of PCA.

use autoencoder_core::DataError;

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A layer without units.
    #[error("{key} = 0: a layer needs at least one unit; give a positive width")]
    ZeroWidth {
        /// The dotted key.
        key: String,
    },
    /// Weights that cannot be read as safetensors.
    #[error("the weights are no valid safetensors file: {message}; copy the file again or train again")]
    Unreadable {
        /// What the reader said.
        message: String,
    },
    /// Weights that cannot be written.
    #[error("the weights cannot be written as safetensors: {message}")]
    Unwritable {
        /// What the writer said.
        message: String,
    },
    /// A tensor that the architecture has and the file lacks.
    #[error("the weights lack the tensor `{name}`: use the model.json that was written with them")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A tensor that the file has and the architecture lacks.
    #[error(
        "the weights hold a tensor `{name}` that the architecture lacks: use the model.json that was written with them"
    )]
    ExtraTensor {
        /// Its name.
        name: String,
    },
    /// A tensor of another shape than the architecture's.
    #[error(
        "the tensor `{name}` is {found:?} in the weights and {expected:?} in the architecture: use the model.json that was written with them"
    )]
    WrongTensorShape {
        /// Its name.
        name: String,
        /// The architecture's.
        expected: Vec<usize>,
        /// The file's.
        found: Vec<usize>,
    },
    /// More principal components than the data have.
    #[error(
        "PCA with {components} components needs as many examples and features, but there are {examples} examples of {features}: ask for fewer"
    )]
    TooManyComponents {
        /// How many were asked for.
        components: usize,
        /// How many examples there are.
        examples: usize,
        /// How wide an example is.
        features: usize,
    },
    /// Data without a decomposition.
    #[error("PCA found no eigenvectors: check the data for values near the limits of f64")]
    NoEigenvectors,
    /// Reading the examples.
    #[error(transparent)]
    Data(#[from] DataError),
}
