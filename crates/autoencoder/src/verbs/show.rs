//! `ae data show`.

use std::path::Path;

use autoencoder_core::Seed;
use autoencoder_datasets::{DataFolder, Scan, Wanted};

use crate::error::Error;
use crate::pictures;
use crate::run::outputs;

/// `ae data show`: a picture of the first examples of a data set. Returns their shape and number.
///
/// # Errors
/// What opening the data or writing the picture says.
pub fn show_data(
    name: &str,
    data: &DataFolder,
    picture: Option<&Path>,
    seed: u64,
) -> Result<serde_json::Value, Error> {
    if let Some(path) = picture {
        outputs::check_ending(path, &["png"], "choose a name that ends in .png")?;
        outputs::check(path, &[Path::new(name)], None)?;
    }
    let path = Path::new(name);
    let is_set = autoencoder_datasets::KINDS.iter().any(|kind| kind.name == name);
    if !is_set
        && path.exists()
        && let Some(scan) = autoencoder_datasets::scan(path, data.listener())?
    {
        let command = command(name, &scan);
        return Ok(serde_json::json!({
            "name": name,
            "train_examples": scan.rows,
            "scan": scan,
            "command": command,
        }));
    }
    let seed = Seed::new(seed).stream("data");
    let set = autoencoder_datasets::open(Wanted::all(name, seed), data)?;
    if let Some(path) = picture {
        pictures::examples(path, &set.name, set.train.as_ref())?;
    }
    Ok(serde_json::json!({
        "name": set.name,
        "shape": set.train.shape().to_string(),
        "features": set.train.shape().features(),
        "train_examples": set.train.len(),
        "test_examples": set.test.as_ref().map(|test| test.len()),
        "labelled": set.train.labels().is_some(),
        "value_range": set.train.value_range(),
        "picture": picture,
    }))
}

/// The command that learns from a table as it is.
fn command(name: &str, scan: &Scan) -> String {
    let quoted = |word: &str| match word.chars().all(|c| c.is_ascii_alphanumeric() || "._-/=,".contains(c)) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    };
    let mut words = vec!["ae train --data".to_owned(), quoted(name)];
    if let Some(label) = scan.label() {
        words.extend(["--label".to_owned(), quoted(label)]);
    }
    let dropped = scan.dropped();
    if !dropped.is_empty() {
        words.extend(["--drop".to_owned(), quoted(&dropped.join(","))]);
    }
    if scan.has_gaps() {
        words.push("--set data.missing=mean".to_owned());
    }
    words.join(" ")
}
