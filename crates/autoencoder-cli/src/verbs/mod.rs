//! From words to one call into the toolkit, and from its result to words.

mod apply;
mod data;
mod denoise;
mod devices;
mod evaluate;
mod export;
mod finetune;
mod generate;
mod inspect;
mod probe;
mod recipes;
mod report;
mod score;
mod session;
mod train;
mod worker;

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use clap::CommandFactory;
use serde_json::json;

use crate::arguments::{Arguments, Verb};
use crate::output::Done;

/// Does what the words ask for.
pub(crate) fn run(arguments: Arguments) -> Result<Done, Error> {
    let folder = DataFolder::new(arguments.data_dir);
    match arguments.verb {
        Verb::Train(words) => train::train(&words, &folder, arguments.json),
        Verb::Evaluate(words) => evaluate::evaluate(&words, &folder),
        Verb::Finetune(words) => finetune::finetune(&words, &folder, arguments.json),
        Verb::Predict(words) => apply::predict(&words),
        Verb::Probe(words) => probe::probe(&words, &folder),
        Verb::Encode(words) => {
            let shard = words.shard.shard;
            apply::apply(&words.apply, |trained, input, output, progress| {
                autoencoder::verbs::encode_file(trained, input, output, shard, progress)
            })
        }
        Verb::Decode(words) => apply::apply(&words, autoencoder::verbs::decode_file),
        Verb::Reconstruct(words) => apply::apply(&words, autoencoder::verbs::reconstruct_file),
        Verb::Denoise(words) => denoise::denoise(&words, &folder),
        Verb::Score(words) => score::score(&words, &folder),
        Verb::Export(words) => export::export(&words),
        Verb::Report(words) => report::report(&words, &folder),
        Verb::Sample(words) => generate::sample(&words, &folder),
        Verb::Interpolate(words) => generate::interpolate(&words, &folder),
        Verb::Inspect(words) => inspect::inspect(&words),
        Verb::Data(words) => data::data(&words, &folder),
        Verb::Devices { check } => devices::devices(check),
        Verb::Worker(words) => worker::work(words, arguments.json),
        Verb::Recipes(words) => recipes::recipes(&words),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ae", &mut script);
            let script = String::from_utf8_lossy(&script).into_owned();
            Ok(Done::new(script.clone(), json!({ "shell": shell.to_string(), "script": script })))
        }
    }
}
