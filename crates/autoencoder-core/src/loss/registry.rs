//! From the list of losses: their modules, and the configuration that names one.

/// Writes, from one line per loss, its module, its variant, and what is asked of any loss.
macro_rules! losses {
    ($($module:ident::$type:ident as $variant:ident = $name:literal, $summary:literal;)+) => {
        $(mod $module;)+
        $(pub use $module::$type;)+

        /// The reconstruction loss `L(x, x^)`, as the configuration names it.
        #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "each variant is documented at the type it holds")]
        pub enum Loss {
            $($variant($type),)+
        }

        impl Loss {
            /// The losses a configuration may name.
            pub const KINDS: &[$crate::Kind] = &[$($crate::Kind { name: $name, summary: $summary },)+];

            /// The name in the configuration.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)+ }
            }

            /// What its value is measured in.
            pub fn unit(&self) -> &'static str {
                match self { $(Self::$variant(loss) => loss.unit(),)+ }
            }

            /// The loss of each feature: `[batch, features]` twice to the same.
            pub fn per_feature(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<2> {
                match self { $(Self::$variant(loss) => loss.per_feature(output, clean),)+ }
            }

            /// The loss summed over features and averaged over the batch: `[1]`.
            pub fn mean(&self, output: Tensor<2>, clean: Tensor<2>) -> Tensor<1> {
                match self { $(Self::$variant(loss) => loss.mean(output, clean),)+ }
            }

            /// How the decoder's output becomes a reconstruction.
            pub fn output(&self) -> Output {
                match self { $(Self::$variant(loss) => loss.output(),)+ }
            }

            /// The same loss about the output through another activation; `None` where the loss decides that.
            pub fn with_output(&self, output: OutputActivation) -> Option<Self> {
                match self { $(Self::$variant(loss) => loss.with_output(output).map(Self::$variant),)+ }
            }

            /// The values it is defined for.
            pub fn domain(&self) -> Domain {
                match self { $(Self::$variant(loss) => loss.domain(),)+ }
            }

            /// Over what it is `-ln p(x|h)`; `None` where it is not: the squared error lacks its scale, and the cross-entropy of
            /// a probability vector its normaliser.
            pub fn density(&self) -> Option<Support> {
                match self { $(Self::$variant(loss) => loss.density(),)+ }
            }

            /// Checks the numbers of the loss itself.
            ///
            /// # Errors
            /// [`RangeError`] naming the key.
            pub fn check_numbers(&self) -> Result<(), RangeError> {
                match self { $(Self::$variant(loss) => loss.check(),)+ }
            }
        }
    };
}
