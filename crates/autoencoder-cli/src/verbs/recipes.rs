//! `ae recipes`: its words and what it says.

use autoencoder::Error;
use autoencoder::config::{RECIPES, Recipe};
use serde_json::json;

use crate::arguments::Recipes;
use crate::output::{Done, list};

pub(super) fn recipes(words: &Recipes) -> Result<Done, Error> {
    match words {
        Recipes::List => Ok(list(RECIPES.iter().map(|recipe| (recipe.name, recipe.summary())), "recipes")),
        Recipes::Show { name } => {
            let recipe = Recipe::by_name(name)?;
            Ok(Done::new(recipe.text, json!({ "name": recipe.name, "text": recipe.text })))
        }
    }
}
