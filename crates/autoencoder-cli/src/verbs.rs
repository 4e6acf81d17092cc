//! From words to one call into the toolkit, and from its result to words.

use std::path::Path;

use autoencoder::core::device::BACKENDS;
use autoencoder::datasets::{self, DataFolder};
use autoencoder::eval::{Evaluation, Evidence};
use autoencoder::training::Interrupter;
use autoencoder::{
    Between, Draw, Error, Generated, Outputs, RECIPES, Recipe, RunConfig, RunFolder, Session, Show,
    TrainReport, Trained, overrides,
};
use clap::CommandFactory;
use serde_json::{Value, json};

use crate::arguments::{
    self, Apply, Arguments, Data, Denoise, Evaluate, Interpolate, Recipes, Run, Sample, Train, Verb,
};
use crate::configuration;
use crate::output::Done;
use crate::progress::{Download, epoch_line, has_terminal};

/// Does what the words ask for.
pub(crate) fn run(arguments: Arguments) -> Result<Done, Error> {
    let folder = DataFolder::new(arguments.data_dir);
    match arguments.verb {
        Verb::Train(words) => train(&words, folder, arguments.json),
        Verb::Evaluate(words) => evaluate(&words, &folder),
        Verb::Encode(words) => apply(&words, autoencoder::encode_file),
        Verb::Decode(words) => apply(&words, autoencoder::decode_file),
        Verb::Reconstruct(words) => apply(&words, autoencoder::reconstruct_file),
        Verb::Denoise(words) => denoise(&words, &folder),
        Verb::Sample(words) => sample(&words, &folder),
        Verb::Interpolate(words) => interpolate(&words, &folder),
        Verb::Inspect(words) => inspect(&words),
        Verb::Data(words) => data(&words, &folder),
        Verb::Devices => Ok(devices()),
        Verb::Recipes(words) => recipes(&words),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "ae", &mut script);
            let script = String::from_utf8_lossy(&script).into_owned();
            Ok(Done::new(script.clone(), json!({ "shell": shell.to_string(), "script": script })))
        }
    }
}

fn train(words: &Train, data: DataFolder, json: bool) -> Result<Done, Error> {
    let interrupter = Interrupter::new();
    let on_signal = interrupter.clone();
    // Without the handler Ctrl-C still ends the process; the checkpoints are there to resume from.
    let _ = ctrlc::set_handler(move || on_signal.stop(Some("Ctrl-C")));
    let mut download = Download::default();
    let mut fetching = |progress| download.update(&progress);
    let session = |epochs: usize, fetching| Session {
        data,
        show: if has_terminal() && !json && !words.plain {
            Show::Dashboard
        } else {
            Show::Epochs(Box::new(move |record| epoch_line(record, epochs)))
        },
        fetching,
        interrupter,
    };
    let report = match (&words.run, words.resume) {
        (Some(run), true) => {
            let folder = RunFolder::new(run);
            let epochs = folder.config()?.train.epochs;
            autoencoder::resume(&folder, session(epochs, &mut fetching))?
        }
        _ => {
            let config = configuration::of(words)?;
            let folder = match &words.run {
                Some(run) => RunFolder::new(run),
                None => RunFolder::unused(&run_name(&config)),
            };
            let epochs = config.train.epochs;
            autoencoder::train(config.check()?, &folder, session(epochs, &mut fetching))?
        }
    };
    let complete = report.stopped != "interrupted";
    Ok(Done { words: train_words(&report), document: document(&report), complete })
}

fn run_name(config: &RunConfig) -> String {
    let source =
        Path::new(&config.data.source).file_stem().map_or("data".into(), |stem| stem.to_string_lossy());
    format!("{source}-{}", config.model.name())
}

fn train_words(report: &TrainReport) -> String {
    let run = report.run.display();
    match &report.evaluation {
        Some(evaluation) => format!("{run}: {}", against_pca(evaluation)),
        None => format!(
            "{run}: interrupted after {} epochs; continue with `ae train --resume --run {run}`",
            report.epochs
        ),
    }
}

fn against_pca(evaluation: &Evaluation) -> String {
    let ours = evaluation.splits.test.squared_error_per_example;
    let pca = evaluation.pca.errors.test.squared_error_per_example;
    let (units, components) = (evaluation.code_size, evaluation.pca.components);
    if components < units {
        return format!(
            "test squared error {ours:.3} per example with {units} code units; more units than features, so PCA would copy"
        );
    }
    let ratio = ours / pca;
    format!(
        "test squared error {ours:.3} per example with {units} code units ({ratio:.2} times PCA's); PCA with {components} components {pca:.3}"
    )
}

fn evaluate(words: &Evaluate, data: &DataFolder) -> Result<Done, Error> {
    let mut download = Download::default();
    let mut fetching = |progress| download.update(&progress);
    let samples = words.evidence.map(count);
    let folder = RunFolder::new(&words.run.run);
    let evaluation = autoencoder::evaluate(&folder, &words.run.device, samples, data, &mut fetching)?;
    let splits = [
        ("train", &evaluation.splits.train, &evaluation.pca.errors.train),
        ("validation", &evaluation.splits.validation, &evaluation.pca.errors.validation),
        ("test", &evaluation.splits.test, &evaluation.pca.errors.test),
    ];
    let mut lines =
        vec![format!("{:<11}{:>9}{:>12}{:>15}{:>15}", "part", "examples", "loss", "squared error", "PCA")];
    lines.extend(splits.map(|(name, part, pca)| {
        format!(
            "{name:<11}{:>9}{:>12.4}{:>15.4}{:>15.4}",
            part.examples, part.loss, part.squared_error_per_example, pca.squared_error_per_example
        )
    }));
    lines.extend(evaluation.evidence.as_ref().map(evidence_words));
    lines.push(format!("code units {}, PCA components {}", evaluation.code_size, evaluation.pca.components));
    Ok(Done::new(lines.join("\n"), document(&evaluation)))
}

fn evidence_words(evidence: &Evidence) -> String {
    let Evidence { reconstruction, kl, negative_elbo, samples, .. } = evidence;
    let bound =
        format!("negative ELBO {negative_elbo:.3} nats = reconstruction {reconstruction:.3} + KL {kl:.3}");
    match samples {
        1 => bound,
        _ => format!(
            "{bound}; -ln p(x) {:.3} nats by {samples} samples (standard error {:.3})",
            evidence.negative_log_likelihood, evidence.standard_error
        ),
    }
}

fn sample(words: &Sample, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let trained = Trained::load(&folder, &words.run.device)?;
    let mut download = Download::default();
    let mut fetching = |progress| download.update(&progress);
    let draw = Draw { count: count(words.count), components: count(words.components), seed: words.seed };
    let outputs = outputs(&words.outputs);
    Ok(generated(&autoencoder::sample(&folder, &trained, draw, &outputs, data, &mut fetching)?))
}

fn interpolate(words: &Interpolate, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let trained = Trained::load(&folder, &words.run.device)?;
    let mut download = Download::default();
    let mut fetching = |progress| download.update(&progress);
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
        &mut fetching,
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

/// A verb that puts one file through a model into another, and returns the shape written.
type FileVerb = fn(&Trained, &Path, &Path) -> Result<(usize, usize), Error>;

fn apply(words: &Apply, verb: FileVerb) -> Result<Done, Error> {
    let trained = Trained::load(&RunFolder::new(&words.run.run), &words.run.device)?;
    let shape = verb(&trained, &words.input, &words.output)?;
    Ok(written(&words.output, shape))
}

fn written(output: &Path, (rows, columns): (usize, usize)) -> Done {
    Done::new(
        format!("{}: {rows} rows of {columns}", output.display()),
        json!({ "output": output, "rows": rows, "columns": columns }),
    )
}

fn denoise(words: &Denoise, data: &DataFolder) -> Result<Done, Error> {
    let folder = RunFolder::new(&words.run.run);
    let trained = Trained::load(&folder, &words.run.device)?;
    if let (Some(input), Some(output)) = (&words.input, &words.output) {
        return Ok(written(output, autoencoder::denoise_file(&trained, input, output)?));
    }
    let mut table = overrides::parse(&folder.config()?.to_toml()?, "config.toml")?;
    for assignment in &words.set {
        overrides::set(&mut table, assignment)?;
    }
    let run = RunConfig::from_table(table)?.check()?;
    let mut download = Download::default();
    let mut fetching = |progress| download.update(&progress);
    let done = autoencoder::denoise_test(&trained, run.config(), data, words.seed, &mut fetching)?;
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
    let text = format!(
        "{}\n{} parameters, {} to {} code units\n{best}\n\n{}",
        inspection.architecture,
        inspection.parameters,
        inspection.card.shape,
        inspection.code_size,
        inspection.config
    );
    Ok(Done::new(text, document(&inspection)))
}

fn data(words: &Data, folder: &DataFolder) -> Result<Done, Error> {
    let mut download = Download::default();
    let mut fetching = |progress| download.update(&progress);
    match words {
        Data::List => Ok(list(datasets::KINDS.iter().map(|kind| (kind.name, kind.summary)), "data")),
        Data::Fetch { name } => {
            let shown = autoencoder::show_data(name, folder, None, 0, &mut fetching)?;
            Ok(Done::new(describe(&shown), shown))
        }
        Data::Show { source, output, seed } => {
            let shown = autoencoder::show_data(source, folder, output.as_deref(), *seed, &mut fetching)?;
            Ok(Done::new(describe(&shown), shown))
        }
    }
}

fn describe(shown: &Value) -> String {
    let test =
        shown["test_examples"].as_u64().map_or(String::new(), |test| format!(" and {test} for the test"));
    format!(
        "{}: {} examples{test}, {}",
        shown["name"].as_str().unwrap_or_default(),
        shown["train_examples"],
        shown["shape"].as_str().unwrap_or_default()
    )
}

fn devices() -> Done {
    let state = |compiled: bool, name: &str| match compiled {
        true => "compiled in".to_owned(),
        false => format!("build with --features {name}"),
    };
    let lines: Vec<String> = BACKENDS
        .iter()
        .map(|backend| {
            format!("{:<9}{:<42}{}", backend.name, backend.summary, state(backend.compiled, backend.name))
        })
        .collect();
    let document: Vec<Value> = BACKENDS
        .iter()
        .map(|backend| json!({ "name": backend.name, "summary": backend.summary, "compiled": backend.compiled, "indexed": backend.indexed }))
        .collect();
    Done::new(lines.join("\n"), json!({ "devices": document }))
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

fn document<T: serde::Serialize>(value: &T) -> Value {
    serde_json::to_value(value).unwrap_or(Value::Null)
}
