//! From the list of corruptions or penalties: their modules, and the configuration that names one.

/// Writes, from one line per kind, its module and a tagged configuration that checks and builds it.
macro_rules! kinds {
    (
        $(#[$documentation:meta])*
        $config:ident builds $interface:ident;
        $($module:ident::$variant:ident = $name:literal, $summary:literal;)+
    ) => {
        $(mod $module;)+
        $(pub use $module::$variant;)+

        $(#[$documentation])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        #[allow(missing_docs, reason = "each variant is documented at the type it holds")]
        pub enum $config {
            $($variant($variant),)+
        }

        /// The kinds a configuration may name.
        pub const KINDS: &[autoencoder_core::Kind] =
            &[$(autoencoder_core::Kind { name: $name, summary: $summary },)+];

        impl $config {
            /// The name in the configuration.
            pub fn name(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)+ }
            }

            /// Checks its numbers.
            ///
            /// # Errors
            /// [`autoencoder_core::RangeError`] naming the key.
            pub fn check(&self) -> Result<(), autoencoder_core::RangeError> {
                match self { $(Self::$variant(kind) => kind.check(),)+ }
            }

            /// What trains with it.
            pub fn build(&self) -> Box<dyn $interface> {
                match self { $(Self::$variant(kind) => Box::new(kind.clone()),)+ }
            }
        }

        #[cfg(test)]
        mod registry_tests {
            use super::*;

            #[test]
            fn every_file_is_registered_under_its_name() {
                // Cargo runs tests in the package's folder, and names files from the workspace's.
                let folder = std::path::Path::new("../..").join(file!());
                let folder = folder.parent().expect("a folder").to_owned();
                let mut files: Vec<String> = std::fs::read_dir(folder)
                    .expect("the sources")
                    .filter_map(|entry| Some(entry.ok()?.file_name().to_str()?.strip_suffix(".rs")?.replace('_', "-")))
                    .filter(|name| name != "mod")
                    .collect();
                files.sort_unstable();
                let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
                names.sort_unstable();
                assert_eq!(files, names);
            }

            #[test]
            fn every_kind_reads_its_name_alone_and_refuses_an_unknown_key() {
                for kind in KINDS {
                    let config: $config =
                        serde_json::from_value(serde_json::json!({ "kind": kind.name })).expect(kind.name);
                    assert_eq!(config.name(), kind.name);
                    assert_eq!(config.build().name(), kind.name);
                    assert_eq!(config.check(), Ok(()), "the defaults of {}", kind.name);
                    let with_typo = serde_json::json!({ "kind": kind.name, "wieght": 1.0 });
                    assert!(serde_json::from_value::<$config>(with_typo).is_err(), "{}", kind.name);
                }
            }
        }
    };
}
