//! What can be wrong with a model's configuration, its weights, or a fit of PCA.

use autoencoder_core::{DataError, ExampleShape, RangeError};

/// Why there is no model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A layer without units.
    #[error("{key} = 0: a layer needs at least one unit; give a positive width")]
    ZeroWidth {
        /// The dotted key.
        key: String,
    },
    /// A convolution on rows that are no images.
    #[error(
        "convolutions (model.channels) need images, but an example is {shape}: use another data set, or model.kind = \"dense\""
    )]
    NotAnImage {
        /// The shape of an example.
        shape: ExampleShape,
    },
    /// A convolutional model without convolutions.
    #[error(
        "model.channels is empty: give the channels of at least one stage, such as [16, 32], or set model.kind = \"dense\""
    )]
    NoStages,
    /// A kernel without a middle where the image must keep its size.
    #[error("model.kernel = {kernel} is even: pooling and model.upsampling = \"nearest\" need an odd kernel, such as {}", kernel + 1)]
    EvenKernel {
        /// The kernel's rows and columns.
        kernel: usize,
    },
    /// A stage that leaves nothing of the image.
    #[error(
        "stage {stage} of model.channels leaves nothing of the image: {arithmetic} is less than 1; use fewer stages, a smaller kernel or a smaller stride"
    )]
    TooSmall {
        /// From 0, input side first.
        stage: usize,
        /// How its size comes about.
        arithmetic: String,
    },
    /// A stage that the decoder cannot undo.
    #[error(
        "stage {stage} of model.channels cannot be undone: a transposed convolution gives {arithmetic}, not {extent}; set model.upsampling = \"nearest\", or model.downsampling = \"stride\""
    )]
    CannotEnlarge {
        /// From 0, input side first.
        stage: usize,
        /// The size it should come to.
        extent: usize,
        /// The sizes it can come to.
        arithmetic: String,
    },
    /// A linear path beside layers that are no linear solution's: the code is bent, or the decoder is the encoder's.
    #[error(
        "model.linear = true needs a code that is linear and a decoder of its own: set model.code_activation = \"identity\" and model.tied = false, or leave model.linear out"
    )]
    BentPath,
    /// A number outside its range.
    #[error(transparent)]
    OutOfRange(#[from] RangeError),
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
    /// Principal components that take too much memory.
    #[error("PCA with {components} components of {features} features takes more than a GiB: ask for fewer")]
    LargeComponents {
        /// How many were asked for.
        components: usize,
        /// How wide an example is.
        features: usize,
    },
    /// Codes that no mixture can be fitted to.
    #[error("no Gaussian mixture fits the {examples} codes: {message}; train on more or other data")]
    NoMixture {
        /// How many codes there are.
        examples: usize,
        /// What is wrong.
        message: String,
    },
    /// Data without a decomposition.
    #[error("PCA found no eigenvectors: check the data for values near the limits of f64")]
    NoEigenvectors,
    /// Reading the examples.
    #[error(transparent)]
    Data(#[from] DataError),
}
