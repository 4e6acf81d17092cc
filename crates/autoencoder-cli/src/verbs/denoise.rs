//! `ae denoise`: its words and what it says.

use autoencoder::Error;
use autoencoder::config::{ConfigError, RunConfig, overrides};
use autoencoder::datasets::DataFolder;
use autoencoder::run::{Run, RunFolder};

use super::apply::written;
use crate::arguments::Denoise;
use crate::output::{Done, document};

pub(super) fn denoise(words: &Denoise, data: &DataFolder) -> Result<Done, Error> {
    let run = Run::open(&RunFolder::new(&words.run.run), &words.run.device, data)?;
    if let (Some(input), Some(output)) = (&words.input, &words.output) {
        return Ok(written(&run.reconstruct(input, output)?));
    }
    let mut table = overrides::parse(&run.config()?.to_toml()?, "config.toml")?;
    for assignment in &words.set {
        // The model and the data are the run's.
        if !assignment.starts_with("corruption") {
            let problem = "is no key of the corruption, and all else is the run's";
            return Err(ConfigError::Override { assignment: assignment.clone(), problem }.into());
        }
        overrides::set(&mut table, assignment)?;
    }
    let config = RunConfig::from_table(table)?.check()?;
    let done = run.denoise_test(config.config(), words.seed)?;
    let text = format!(
        "{} test examples with {} noise: squared error {:.3} corrupted, {:.3} denoised ({:.2} of it)",
        done.examples,
        done.corruption,
        done.corrupted_squared_error_per_example,
        done.denoised_squared_error_per_example,
        done.ratio
    );
    Ok(Done::new(text, document(&done)))
}
