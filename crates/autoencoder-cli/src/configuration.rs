//! From words to a configuration: a file or recipe first, then the flags, then each `--set`.

use std::path::Path;

use autoencoder::config::{ConfigError, RECIPES, Recipe, RunConfig, overrides};
use toml::Value;

use crate::arguments::Train;

/// The configuration that the words of `ae train` ask for.
pub(crate) fn of(words: &Train) -> Result<RunConfig, ConfigError> {
    let (text, origin) = match (&words.config, &words.data) {
        // Their own data are no recipe's: what is not asked for follows the data.
        (None, Some(_)) => (String::new(), "the command line".to_owned()),
        (config, _) => text(config.as_deref())?,
    };
    let mut table = overrides::parse(&text, &origin)?;
    let word = |value: &Option<String>| value.clone().map(Value::String);
    let number = |value: Option<u64>| value.map(|value| i64::try_from(value).unwrap_or(i64::MAX).into());
    let words_of = |values: &[String]| Value::Array(values.iter().cloned().map(Value::String).collect());
    let flags = [
        ("data.source", word(&words.data)),
        ("data.label", word(&words.label)),
        ("data.normal_only", word(&words.normal_only)),
        ("data.drop", (!words.drop.is_empty()).then(|| words_of(&words.drop))),
        ("data.words", (!words.words.is_empty()).then(|| words_of(&words.words))),
        ("data.header", words.header.as_ref().map(|header| Value::Boolean(header == "yes"))),
        ("model.kind", word(&words.model)),
        ("train.device", word(&words.device)),
        ("train.epochs", number(words.epochs.map(|epochs| epochs as u64))),
        ("train.seed", number(words.seed)),
        ("score.members", number(words.ensemble.map(|members| members as u64))),
    ];
    for (key, value) in flags.into_iter().filter_map(|(key, value)| Some((key, value?))) {
        overrides::insert(&mut table, key, value)
            .map_err(|problem| ConfigError::Override { assignment: key.to_owned(), problem })?;
    }
    for assignment in &words.set {
        overrides::set(&mut table, assignment)?;
    }
    let has_path = table.get("model").is_some_and(|model| model.get("linear").is_some());
    let mut config = RunConfig::from_table(table)?;
    // Layers that the words name have PCA beside them all the same; those of a file are what it says.
    config.open.linear |=
        words.config.is_none() && words.data.is_some() && !has_path && config.stage.is_empty();
    Ok(config)
}

/// The text of a recipe or file: a recipe's name, else a path.
fn text(config: Option<&str>) -> Result<(String, String), ConfigError> {
    let Some(name) = config else {
        return Ok((RECIPES[0].text.to_owned(), RECIPES[0].name.to_owned()));
    };
    let is_path = name.ends_with(".toml") || name.contains(['/', '\\']) || Path::new(name).exists();
    if RECIPES.iter().all(|recipe| recipe.name != name) && is_path {
        let path = Path::new(name);
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        return Ok((text, name.to_owned()));
    }
    let recipe = Recipe::by_name(name)?;
    Ok((recipe.text.to_owned(), recipe.name.to_owned()))
}
