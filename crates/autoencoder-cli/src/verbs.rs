//! From words to one call into the toolkit, and from its result to words.

mod export;
mod finetuning;
mod report;
mod scoring;
mod training;
mod worker;

use std::path::Path;

use autoencoder::core::device::{BACKENDS, Backend, Suffix};
use autoencoder::datasets::{self, DataFolder, Progress};
use autoencoder::eval::Evidence;
use autoencoder::{
    Between, Classifier, ConfigError, Deviation, Draw, Error, Generated, Outputs, RECIPES, Recipe, RunConfig,
    RunFolder, Trained, Written, overrides,
};
use clap::CommandFactory;
use serde_json::{Value, json};

use crate::arguments::{
    self, Apply, Arguments, Data, Denoise, Evaluate, Interpolate, Predict, Recipes, Run, Sample, Verb,
};
use crate::crash;
use crate::output::Done;
use crate::progress::Bar;

/// Does what the words ask for.
pub(crate) fn run(arguments: Arguments) -> Result<Done, Error> {
    let folder = DataFolder::new(arguments.data_dir);
    match arguments.verb {
        Verb::Train(words) => training::train(&words, &folder, arguments.json),
        Verb::Evaluate(words) => evaluate(&words, &folder),
        Verb::Finetune(words) => finetuning::finetune(&words, &folder, arguments.json),
        Verb::Predict(words) => predict(&words),
        Verb::Probe(words) => finetuning::probe(&words, &folder),
        Verb::Encode(words) => {
            let shard = words.shard.shard;
            apply(&words.apply, |trained, input, output, progress| {
                autoencoder::encode_file(trained, input, output, shard, progress)
            })
        }
        Verb::Decode(words) => apply(&words, autoencoder::decode_file),
        Verb::Reconstruct(words) => apply(&words, autoencoder::reconstruct_file),
        Verb::Denoise(words) => denoise(&words, &folder),
        Verb::Score(words) => scoring::score(&words, &folder),
        Verb::Export(words) => export::export(&words),
        Verb::Report(words) => report::report(&words, &folder),
        Verb::Sample(words) => sample(&words, &folder),
        Verb::Interpolate(words) => interpolate(&words, &folder),
        Verb::Inspect(words) => inspect(&words),
        Verb::Data(words) => data(&words, &folder),
        Verb::Devices { check } => devices(check),
        Verb::Worker(words) => worker::work(words, arguments.json),
        Verb::Recipes(words) => recipes(&words),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ae", &mut script);
            let script = String::from_utf8_lossy(&script).into_owned();
            Ok(Done::new(script.clone(), json!({ "shell": shell.to_string(), "script": script })))
        }
    }
}

fn evaluate(words: &Evaluate, data: &DataFolder) -> Result<Done, Error> {
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    let samples = words.evidence.map(count);
    let folder = RunFolder::new(&words.run.run);
    let evaluation = autoencoder::evaluate(&folder, &words.run.device, samples, data, &mut progress)?;
    let pca = evaluation.pca.as_ref().map(|pca| pca.errors);
    let splits = [
        ("train", &evaluation.splits.train, pca.map(|pca| pca.train)),
        ("validation", &evaluation.splits.validation, pca.map(|pca| pca.validation)),
        ("test", &evaluation.splits.test, pca.map(|pca| pca.test)),
    ];
    let mut lines =
        vec![format!("{:<11}{:>9}{:>12}{:>15}{:>15}", "part", "examples", "loss", "squared error", "PCA")];
    lines.extend(splits.map(|(name, part, pca)| {
        let pca = pca.map_or("-".to_owned(), |pca| format!("{:.4}", pca.squared_error_per_example));
        format!(
            "{name:<11}{:>9}{:>12.4}{:>15.4}{pca:>15}",
            part.examples, part.loss, part.squared_error_per_example
        )
    }));
    lines.extend(evaluation.evidence.as_ref().map(evidence_words));
    lines.extend(
        evaluation.jacobian_norm.map(|norm| format!("norm of the encoder's Jacobian {norm:.4}, test mean")),
    );
    let components = evaluation.pca.as_ref().map_or("none".to_owned(), |pca| match pca.examples {
        examples if examples < evaluation.splits.train.examples => {
            format!("{}, fitted to {examples} examples", pca.components)
        }
        _ => pca.components.to_string(),
    });
    lines.push(format!("code units {}, PCA components {components}", evaluation.code_size));
    Ok(Done::new(lines.join("\n"), document(&evaluation)))
}

fn evidence_words(evidence: &Evidence) -> String {
    let Evidence { reconstruction, kl, negative_elbo, samples, .. } = evidence;
    let bound =
        format!("negative ELBO {negative_elbo:.3} nats = reconstruction {reconstruction:.3} + KL {kl:.3}");
    match (evidence.negative_log_likelihood, evidence.standard_error) {
        (Some(likelihood), Some(error)) => {
            format!("{bound}; -ln p(x) {likelihood:.3} nats by {samples} samples (standard error {error:.3})")
        }
        (None, _) => {
            format!("{bound}; no -ln p(x), since the examples are not all 0 or 1 (data.scaling = \"binary\")")
        }
        _ => bound,
    }
}

fn sample(words: &Sample, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let trained = Trained::load(&folder, &words.run.device)?;
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    let draw = Draw { count: count(words.count), components: count(words.components), seed: words.seed };
    let outputs = outputs(&words.outputs);
    Ok(generated(&autoencoder::sample(&folder, &trained, draw, &outputs, data, &mut progress)?))
}

fn interpolate(words: &Interpolate, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let trained = Trained::load(&folder, &words.run.device)?;
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    let between = match words.unit {
        Some(unit) => Between::Unit { unit, example: words.from },
        None => Between::Examples { from: words.from, to: words.to },
    };
    let (steps, outputs) = (count(words.steps), outputs(&words.outputs));
    Ok(generated(&autoencoder::interpolate(
        &folder,
        &trained,
        between,
        steps,
        &outputs,
        data,
        &mut progress,
    )?))
}

fn outputs(words: &arguments::Generated) -> Outputs {
    Outputs { array: words.output.clone(), picture: words.picture.clone() }
}

fn generated(done: &Generated) -> Done {
    let array = done.array.as_ref().map_or(String::new(), |array| format!(" and {}", array.display()));
    let text = format!("{}{array}: {} examples, {}", done.picture.display(), done.examples, done.codes);
    Done::new(text, document(done))
}

/// A number of the command line, which no memory could hold where it does not fit.
fn count(words: u64) -> usize {
    usize::try_from(words).unwrap_or(usize::MAX)
}

/// A verb that puts one file through a model into another.
fn apply(
    words: &Apply,
    verb: impl Fn(&Trained, &Path, &Path, &mut dyn FnMut(Progress)) -> Result<Written, Error>,
) -> Result<Done, Error> {
    let trained = Trained::load(&RunFolder::new(&words.run.run), &words.run.device)?;
    let mut bar = Bar::default();
    Ok(written(&verb(&trained, &words.input, &words.output, &mut |so_far| bar.update(&so_far))?))
}

fn predict(words: &Predict) -> Result<Done, Error> {
    let classifier = Classifier::load(&RunFolder::new(&words.classifier), &words.device)?;
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    Ok(written(&autoencoder::predict_file(&classifier, &words.input, &words.output, &mut progress)?))
}

fn written(done: &Written) -> Done {
    let Written { output, rows, columns, outside, cut, unseen } = done;
    let mut words = format!("{}: {rows} rows of {columns}", output.display());
    if *outside > 0 {
        let cut = if *cut { " and were cut to it" } else { "" };
        words.push_str(&format!("; {outside} values lie outside of the range of the training part{cut}"));
    }
    if *unseen > 0 {
        words.push_str(&format!("; {unseen} rows hold words that training did not have"));
    }
    Done::new(words, document(done))
}

fn denoise(words: &Denoise, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let trained = Trained::load(&folder, &words.run.device)?;
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    if let (Some(input), Some(output)) = (&words.input, &words.output) {
        return Ok(written(&autoencoder::denoise_file(&trained, input, output, &mut progress)?));
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
    let done = autoencoder::denoise_test(&folder, &trained, run.config(), data, words.seed, &mut progress)?;
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

fn inspect(words: &Run) -> Result<Done, Error> {
    let inspection = autoencoder::inspect(&RunFolder::new(&words.run), &words.device)?;
    let best = match &inspection.best {
        Some(best) => format!(
            "best epoch {} of {}, validation loss {:.4}",
            best.epoch,
            inspection.epochs,
            best.validation_loss()
        ),
        None => "no complete epoch".to_owned(),
    };
    let card = &inspection.card;
    let layers: Vec<String> = card.model.layers().iter().map(usize::to_string).collect();
    let layers = if layers.is_empty() { "none".to_owned() } else { layers.join(", ") };
    let path = if card.model.has_linear_path() { ", a linear path beside them" } else { "" };
    let text = format!(
        "{} model: {}, hidden layers {layers}{path}, {} code units, {} parameters\nloss {}; {best}\n\n{}",
        card.model.name(),
        card.shape,
        inspection.code_size,
        inspection.parameters,
        card.loss.name(),
        inspection.config
    );
    Ok(Done::new(text, document(&inspection)))
}

fn data(words: &Data, folder: &DataFolder) -> Result<Done, Error> {
    let mut bar = Bar::default();
    let mut progress = |so_far| bar.update(&so_far);
    match words {
        Data::List => Ok(list(datasets::KINDS.iter().map(|kind| (kind.name, kind.summary)), "data")),
        Data::Fetch { name } if datasets::KINDS.iter().all(|kind| kind.name != name) => {
            Err(datasets::DatasetError::unknown(name).into())
        }
        Data::Fetch { name } => {
            let shown = autoencoder::show_data(name, folder, None, 0, &mut progress)?;
            Ok(Done::new(describe(&shown), shown))
        }
        Data::Show { source, output, seed } => {
            let shown = autoencoder::show_data(source, folder, output.as_deref(), *seed, &mut progress)?;
            Ok(Done::new(describe(&shown), shown))
        }
        Data::Write { name, output, side, seed } => {
            let written = autoencoder::write_data(name, folder, output, (*seed, *side), &mut progress)?;
            Ok(Done::new(format!("{}: {}", output.display(), describe(&written)), written))
        }
    }
}

/// A table's columns, one a line.
fn describe_scan(shown: &Value) -> String {
    let columns = shown["scan"]["columns"].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let width =
        columns.iter().map(|column| text(&column["name"]).chars().count()).max().unwrap_or(0).clamp(6, 30);
    let header =
        if shown["scan"]["has_header"] == true { "named in its first line" } else { "without names" };
    let mut lines = vec![
        format!(
            "{}: {} rows of {} columns, {header}",
            text(&shown["name"]),
            shown["train_examples"],
            columns.len()
        ),
        format!(
            "{:<width$}  {:<14} {:>7} {:>7} {:>6}  examples",
            "column", "holds", "missing", "odd", "words"
        ),
    ];
    for column in &columns {
        let odd = column["odd_cells"]
            .as_array()
            .and_then(|cells| cells.first())
            .map_or(String::new(), |cell| format!("; line {}: `{}`", cell["line"], text(&cell["cell"])));
        let examples: Vec<String> = column["examples"].as_array().into_iter().flatten().map(text).collect();
        let infinite = column["infinite"].as_u64().unwrap_or(0);
        let infinite = if infinite > 0 { format!("; {infinite} infinite") } else { String::new() };
        let words = if column["kind"] == "words" { column["words"].to_string() } else { "-".to_owned() };
        lines.push(format!(
            "{:<width$}  {:<14} {:>7} {:>7} {:>6}  {}{odd}{infinite}",
            text(&column["name"]),
            text(&column["kind"]),
            column["missing"].to_string(),
            column["odd"].to_string(),
            words,
            examples.join(", ")
        ));
    }
    lines.push(format!("to learn from it: {}", text(&shown["command"])));
    lines.join("\n")
}

fn describe(shown: &Value) -> String {
    if shown.get("scan").is_some() {
        return describe_scan(shown);
    }
    let test =
        shown["test_examples"].as_u64().map_or(String::new(), |test| format!(" and {test} for the test"));
    format!(
        "{}: {} examples{test}, {}",
        shown["name"].as_str().unwrap_or_default(),
        shown["train_examples"],
        shown["shape"].as_str().unwrap_or_default()
    )
}

fn devices(check: bool) -> Result<Done, Error> {
    let mut lines = Vec::new();
    let mut document = Vec::new();
    let mut all_right = true;
    for &Backend { name, summary, suffix, compiled } in BACKENDS {
        // Which worker, the list cannot know.
        let is_checked = check && compiled && suffix != Suffix::Address;
        let checked = is_checked.then(|| crash::contained(|| autoencoder::check_device(name)));
        let (deviations, failure) = match checked {
            None => (None, None),
            Some(Ok(deviations)) => (Some(deviations?), None),
            Some(Err(message)) => (None, Some(message)),
        };
        let right = deviations.as_ref().map(|found| found.iter().all(Deviation::is_allowed));
        all_right &= right.unwrap_or(failure.is_none());
        let state = match (compiled, right, &failure) {
            (false, ..) => format!("build with --features {name}"),
            (true, _, Some(message)) => format!("compiled in, {message}"),
            (true, None, None) => "compiled in".to_owned(),
            (true, Some(true), None) => "compiled in, agrees with flex".to_owned(),
            (true, Some(false), None) => "compiled in, computes wrong numbers".to_owned(),
        };
        lines.push(format!("{name:<9}{summary:<42}{state}"));
        for Deviation { item, deviation } in deviations.iter().flatten() {
            lines.push(format!("         {item:<42}{deviation:.1e}"));
        }
        document.push(json!({
            "name": name, "summary": summary, "compiled": compiled, "indexed": suffix == Suffix::Number, "agrees": right,
            "deviations": deviations, "failure": failure,
        }));
    }
    let done = Done::new(lines.join("\n"), json!({ "devices": document }));
    Ok(Done { complete: all_right, ..done })
}

fn recipes(words: &Recipes) -> Result<Done, Error> {
    match words {
        Recipes::List => Ok(list(RECIPES.iter().map(|recipe| (recipe.name, recipe.summary())), "recipes")),
        Recipes::Show { name } => {
            let recipe = Recipe::by_name(name)?;
            Ok(Done::new(recipe.text, json!({ "name": recipe.name, "text": recipe.text })))
        }
    }
}

fn list<'a>(items: impl Iterator<Item = (&'a str, &'a str)>, key: &str) -> Done {
    let items: Vec<(&str, &str)> = items.collect();
    let lines: Vec<String> = items.iter().map(|(name, summary)| format!("{name:<20}{summary}")).collect();
    let document: Vec<Value> =
        items.iter().map(|(name, summary)| json!({ "name": name, "summary": summary })).collect();
    Done::new(lines.join("\n"), json!({ key: document }))
}

pub(crate) fn document<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
