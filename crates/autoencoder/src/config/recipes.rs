//! Configurations that ship with the toolkit.

use autoencoder_core::nearest;

use crate::config::error::ConfigError;

/// A configuration that ships with the toolkit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    /// The name on the command line.
    pub name: &'static str,
    /// The TOML text.
    pub text: &'static str,
}

macro_rules! recipes {
    ($($name:literal),+ $(,)?) => {
        /// Every recipe, the default of `ae train` first.
        pub const RECIPES: &[Recipe] = &[
            $(Recipe { name: $name, text: include_str!(concat!("../../recipes/", $name, ".toml")) }),+
        ];
    };
}

recipes![
    "strokes-denoising",
    "mnist-deep",
    "mnist-denoising",
    "fashion-deep",
    "strokes-plane",
    "spiral-denoising",
    "swiss-roll-sparse",
    "mnist-conv",
    "mnist-sparse",
    "mnist-contractive",
    "mnist-stacked",
    "mnist-variational",
    "strokes-variational",
    "anomaly",
    "image-anomaly",
];

impl Recipe {
    /// What it is, in a line: the comment on its first line.
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }

    /// The recipe of that name.
    ///
    /// ```
    /// use autoencoder::config::{Recipe, RunConfig};
    ///
    /// let recipe = Recipe::by_name("mnist-deep")?;
    /// assert_eq!(RunConfig::from_toml(recipe.text, recipe.name)?.model().code(), 30);
    /// assert!(Recipe::by_name("mnist-dep").unwrap_err().to_string().contains("mnist-deep"));
    /// # Ok::<(), autoencoder::config::ConfigError>(())
    /// ```
    ///
    /// # Errors
    /// [`ConfigError::UnknownRecipe`] with the nearest name.
    pub fn by_name(name: &str) -> Result<&'static Self, ConfigError> {
        RECIPES.iter().find(|recipe| recipe.name == name).ok_or_else(|| {
            let names = RECIPES.iter().map(|recipe| recipe.name);
            ConfigError::UnknownRecipe {
                name: name.to_owned(),
                nearest: nearest(name, names).unwrap_or(RECIPES[0].name),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::run::RunConfig;

    #[test]
    fn every_recipe_is_a_valid_configuration_with_a_summary() {
        for recipe in RECIPES {
            let config = RunConfig::from_toml(recipe.text, recipe.name).expect(recipe.name);
            config.check().expect(recipe.name);
            assert!(recipe.summary().len() > 10, "{}", recipe.name);
        }
    }

    #[test]
    fn every_file_in_the_folder_is_registered() {
        // Cargo runs tests in the package's folder.
        for entry in std::fs::read_dir("recipes").expect("the folder of recipes") {
            let name = entry.expect("an entry").file_name().into_string().expect("a readable name");
            assert!(RECIPES.iter().any(|recipe| format!("{}.toml", recipe.name) == name), "{name}");
        }
    }
}
