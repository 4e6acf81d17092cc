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

use std::sync::Mutex;

use autoencoder::Error;
use autoencoder::datasets::{DataFolder, Listener};
use autoencoder::run::Run;
use clap::CommandFactory;
use serde_json::json;

use crate::arguments::{Arguments, Verb};
use crate::output::Done;
use crate::progress::Bar;

/// Does what the words ask for.
pub(crate) fn run(arguments: Arguments) -> Result<Done, Error> {
    let bar = Mutex::new(Bar::default());
    let listener = Listener::new(move |progress| {
        if let Ok(mut bar) = bar.lock() {
            bar.update(&progress);
        }
    });
    let folder = DataFolder::new(arguments.data_dir).with_listener(listener);
    match arguments.verb {
        Verb::Train(words) => train::train(&words, &folder, arguments.json),
        Verb::Evaluate(words) => evaluate::evaluate(&words, &folder),
        Verb::Finetune(words) => finetune::finetune(&words, &folder, arguments.json),
        Verb::Predict(words) => apply::predict(&words, &folder),
        Verb::Probe(words) => probe::probe(&words, &folder),
        Verb::Encode(words) => {
            let shard = words.shard.shard;
            apply::apply(&words.apply, &folder, |run, input, output| run.encode(input, output, shard))
        }
        Verb::Decode(words) => apply::apply(&words, &folder, Run::decode),
        Verb::Reconstruct(words) => apply::apply(&words, &folder, Run::reconstruct),
        Verb::Denoise(words) => denoise::denoise(&words, &folder),
        Verb::Score(words) => score::score(&words, &folder),
        Verb::Export(words) => export::export(&words, &folder),
        Verb::Report(words) => report::report(&words, &folder),
        Verb::Sample(words) => generate::sample(&words, &folder),
        Verb::Interpolate(words) => generate::interpolate(&words, &folder),
        Verb::Inspect(words) => inspect::inspect(&words, &folder),
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
