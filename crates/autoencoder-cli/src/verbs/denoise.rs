//! `ae denoise`: its words and what it says.

use autoencoder::Error;
use autoencoder::config::{ConfigError, RunConfig, overrides};
use autoencoder::datasets::DataFolder;
use autoencoder::model::Trained;
use autoencoder::run::RunFolder;

use super::apply::written;
use crate::arguments::Denoise;
use crate::output::{Done, document};
use crate::progress::Bar;

pub(super) fn denoise(words: &Denoise, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let trained = Trained::load(&folder, &words.run.device)?;
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    if let (Some(input), Some(output)) = (&words.input, &words.output) {
        return Ok(written(&autoencoder::verbs::reconstruct_file(&trained, input, output, &mut progress)?));
    }
    let mut table = overrides::parse(&folder.config_in_use()?.to_toml()?, "config.toml")?;
    for assignment in &words.set {
        // The model and the data are the run's.
        if !assignment.starts_with("corruption") {
            let problem = "is no key of the corruption, and all else is the run's";
            return Err(ConfigError::Override { assignment: assignment.clone(), problem }.into());
        }
        overrides::set(&mut table, assignment)?;
    }
    let run = RunConfig::from_table(table)?.check()?;
    let done =
        autoencoder::verbs::denoise_test(&folder, &trained, run.config(), data, words.seed, &mut progress)?;
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
