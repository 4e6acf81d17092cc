//! From the list of models: their modules, the configuration that names one, and the enum that is one of them.

/// Writes, from one line per model, its module, the tagged configuration, the model and their delegation. A
/// learner is compiled for one type, and `Module` is not object-safe, so the models are variants.
macro_rules! models {
    ($($module:ident::$variant:ident($config:ident) = $name:literal, $summary:literal;)+) => {
        $(mod $module;)+
        $(pub use $module::{$variant, $config};)+

        /// A model as the configuration names it: the `[model]` table.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "each variant is documented at its configuration")]
        pub enum ModelConfig {
            $($variant($config),)+
        }

        /// One of the models.
        #[derive(burn::module::Module, Debug)]
        #[allow(missing_docs, reason = "each variant is documented at its model")]
        #[allow(clippy::large_enum_variant, reason = "there is one model a run")]
        pub enum Model {
            $($variant($variant),)+
        }

        /// The models a configuration may name.
        pub const KINDS: &[autoencoder_core::Kind] = &[
            $(autoencoder_core::Kind { name: $name, summary: $summary },)+
        ];

        impl ModelConfig {
            /// The name in the configuration.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)+ }
            }

            /// The number of code units.
            pub fn code(&self) -> usize {
                match self { $(Self::$variant(config) => config.code,)+ }
            }

            /// The channels of its stages and the units of its hidden layers, input side first.
            pub fn layers(&self) -> Vec<usize> {
                match self { $(Self::$variant(config) => config.layer_sizes(),)+ }
            }

            /// Whether a linear path runs beside the hidden layers.
            pub fn has_linear_path(&self) -> bool {
                use crate::blocks::linear_path::AsksForPath as _;
                match self { $(Self::$variant(config) => config.has_linear_path(),)+ }
            }

            /// Checks what can be checked without the data.
            ///
            /// # Errors
            /// [`ModelError`] naming the key.
            pub fn check(&self) -> Result<(), ModelError> {
                match self { $(Self::$variant(config) => config.check(),)+ }
            }

            /// About what a model for examples of `shape` costs, before any is made.
            ///
            /// # Errors
            /// Those of [`Self::init`].
            pub fn cost(&self, shape: autoencoder_core::ExampleShape) -> Result<Cost, ModelError> {
                match self { $(Self::$variant(config) => config.cost(shape),)+ }
            }

            /// A model for examples of `shape`, its weights drawn from `seed`.
            ///
            /// # Errors
            /// [`ModelError`] naming the key.
            pub fn init(
                &self,
                shape: autoencoder_core::ExampleShape,
                seed: autoencoder_core::Seed,
                device: &burn::tensor::Device,
            ) -> Result<Model, ModelError> {
                Ok(match self { $(Self::$variant(config) => Model::$variant(config.init(shape, seed, device)?),)+ })
            }
        }

        impl Model {
            /// The same model at the solution of the linear problem, where it has a linear path beside its hidden layers;
            /// else as it is.
            pub fn with_linear_solution(self, pca: &crate::Pca) -> Self {
                use crate::blocks::linear_path::StartsLinear as _;
                match self { $(Self::$variant(model) => Self::$variant(model.with_linear_solution(pca)),)+ }
            }

            /// The same model with that bias of its output, `[features]`; one whose output has no such bias stays as it is.
            pub fn with_output_bias(self, bias: burn::tensor::Tensor<1>) -> Self {
                use crate::blocks::linear_path::StartsLinear as _;
                match self { $(Self::$variant(model) => Self::$variant(model.with_output_bias(bias)),)+ }
            }
        }

        impl autoencoder_core::Autoencoder for Model {
            fn shape(&self) -> &autoencoder_core::ExampleShape {
                match self { $(Self::$variant(model) => model.shape(),)+ }
            }

            fn code_size(&self) -> usize {
                match self { $(Self::$variant(model) => model.code_size(),)+ }
            }

            fn encode(&self, x: burn::tensor::Tensor<2>) -> autoencoder_core::Code {
                match self { $(Self::$variant(model) => model.encode(x),)+ }
            }

            fn encode_through(
                &self,
                x: burn::tensor::Tensor<2>,
                between: &mut dyn FnMut(burn::tensor::Tensor<2>) -> burn::tensor::Tensor<2>,
            ) -> autoencoder_core::Code {
                match self { $(Self::$variant(model) => model.encode_through(x, between),)+ }
            }

            fn decode(&self, h: burn::tensor::Tensor<2>) -> burn::tensor::Tensor<2> {
                match self { $(Self::$variant(model) => model.decode(h),)+ }
            }

            fn own_terms(&self, pass: &autoencoder_core::Pass) -> Vec<autoencoder_core::Term> {
                match self { $(Self::$variant(model) => model.own_terms(pass),)+ }
            }

            fn settled(&self) -> f64 {
                match self { $(Self::$variant(model) => model.settled(),)+ }
            }

            fn seen(&self, pass: &autoencoder_core::Pass) -> autoencoder_core::Seen {
                match self { $(Self::$variant(model) => model.seen(pass),)+ }
            }

            fn after_step(self, seen: &autoencoder_core::Seen) -> Self {
                match self { $(Self::$variant(model) => Self::$variant(model.after_step(seen)),)+ }
            }
        }

        impl crate::export::Chain for Model {
            fn encoder_steps(&self) -> Vec<crate::export::Step> {
                match self { $(Self::$variant(model) => model.encoder_steps(),)+ }
            }

            fn decoder_steps(&self) -> Vec<crate::export::Step> {
                match self { $(Self::$variant(model) => model.decoder_steps(),)+ }
            }
        }

        impl autoencoder_core::Facts for Model {
            fn encoder_weights(&self) -> Vec<burn::tensor::Tensor<2>> {
                match self { $(Self::$variant(model) => model.encoder_weights(),)+ }
            }

            fn decoder_weights(&self) -> Vec<burn::tensor::Tensor<2>> {
                match self { $(Self::$variant(model) => model.decoder_weights(),)+ }
            }

            fn squared_jacobian(&self, pass: &autoencoder_core::Pass) -> Option<burn::tensor::Tensor<1>> {
                match self { $(Self::$variant(model) => model.squared_jacobian(pass),)+ }
            }

            fn directional_derivative(
                &self,
                x: burn::tensor::Tensor<2>,
                v: burn::tensor::Tensor<2>,
            ) -> Option<burn::tensor::Tensor<2>> {
                match self { $(Self::$variant(model) => model.directional_derivative(x, v),)+ }
            }

            fn code_is_in_unit_interval(&self) -> bool {
                match self { $(Self::$variant(model) => model.code_is_in_unit_interval(),)+ }
            }
        }
    };
}
