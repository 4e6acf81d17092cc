//! Words that the command knows by name, for help and completions; where a path fits as well, any word does.

use std::ffi::OsStr;

use autoencoder::RECIPES;
use autoencoder::core::Kind;
use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

/// Takes any word, and knows some.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    known: fn() -> Vec<(&'static str, &'static str)>,
}

/// The recipes.
pub(crate) const RECIPE: Names =
    Names { known: || RECIPES.iter().map(|recipe| (recipe.name, recipe.summary())).collect() };
/// The data sets.
pub(crate) const DATA_SET: Names = Names { known: || of(autoencoder::datasets::KINDS) };
/// The kinds of model.
pub(crate) const MODEL: Names = Names { known: || of(autoencoder::models::KINDS) };

fn of(kinds: &[Kind]) -> Vec<(&'static str, &'static str)> {
    kinds.iter().map(|kind| (kind.name, kind.summary)).collect()
}

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = (self.known)().into_iter().map(|(name, summary)| PossibleValue::new(name).help(summary));
        Some(Box::new(values))
    }
}
