//! The words of the command.

use std::path::PathBuf;

use autoencoder::data::Shard;
use clap::{Args, Parser, Subcommand, ValueHint};
use clap_complete::Shell;

use crate::names::{DATA_SET, KEY, MODEL, RECIPE};

/// Train, evaluate and use autoencoders.
#[derive(Debug, Parser)]
#[command(name = "ae", version, arg_required_else_help = true)]
#[command(after_help = "Example: ae train            (offline, built-in data; writes runs/strokes-dense-1)")]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// Print one JSON document on stdout and nothing else there
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Where data sets are looked for before $AUTOENCODER_DATA and the platform's cache folder
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Train a model into a run folder
    #[command(after_help = "Example: ae train mnist-deep --epochs 5 --set model.code=10 --run runs/ten")]
    Train(Train),
    /// Errors of a run on every part of its data, PCA beside them
    #[command(after_help = "Example: ae evaluate runs/strokes-dense-1 --json")]
    Evaluate(Evaluate),
    /// Train a classifier, or a regressor, on the encoder of a run
    #[command(
        after_help = "Example: ae finetune runs/mnist-dense-1                          (writes runs/mnist-dense-1/classifier)\n         ae finetune runs/mnist-dense-1 --encoder new --run runs/without-pretraining"
    )]
    Finetune(Finetune),
    /// What a classifier, or a regressor, says of the rows of a file of rows
    #[command(after_help = "Example: ae predict runs/mnist-dense-1/classifier x.npy -o classes.csv")]
    Predict(Predict),
    /// What the codes of a run, and the input they are of, are worth to a simple classifier
    #[command(after_help = "Example: ae probe runs/mnist-dense-1 -k 5")]
    Probe(Probe),
    /// Codes of the rows of a file of rows
    #[command(after_help = "Example: ae encode runs/strokes-dense-1 x.npy -o codes.npy")]
    Encode(Encode),
    /// Reconstructions of the codes in a file of rows
    #[command(after_help = "Example: ae decode runs/strokes-dense-1 codes.npy -o reconstructions.npy")]
    Decode(Apply),
    /// Reconstructions of the rows of a file of rows: decode after encode
    #[command(after_help = "Example: ae reconstruct runs/strokes-dense-1 x.npy -o reconstructions.npy")]
    Reconstruct(Apply),
    /// Denoise the rows of a file of rows, or newly corrupted test examples where no file is given
    #[command(
        after_help = "Example: ae denoise runs/strokes-dense-1                 (corrupts the test part anew and says by how much the error falls)\n         ae denoise runs/strokes-dense-1 noisy.npy -o clean.npy"
    )]
    Denoise(Denoise),
    /// How anomalous the rows of a file of rows are, PCA's score beside it
    #[command(
        after_help = "Example: ae train anomaly --data normal.npy --run runs/normal\n         ae score runs/normal new.npy -o scores.csv --explain"
    )]
    Score(Score),
    /// The model for other programs: ONNX, or safetensors and a PyTorch script
    #[command(
        after_help = "Example: ae export runs/strokes-dense-1 -o model.onnx\n         ae export runs/strokes-dense-1 -o model.safetensors        (and model.py, which loads it)"
    )]
    Export(Export),
    /// One HTML file about a run: curves, errors, reconstructions, codes, the worst rows
    #[command(
        after_help = "Example: ae report runs/strokes-dense-1                        (writes report.html into the run)\n         ae report runs/strokes-dense-1 -o strokes.html"
    )]
    Report(Report),
    /// New examples: from the prior of a variational model, else from a mixture fitted to the codes
    #[command(after_help = "Example: ae sample runs/strokes-variational-1 -n 100 -o samples.npy")]
    Sample(Sample),
    /// What lies between the codes of two test examples, or along one code unit
    #[command(
        after_help = "Example: ae interpolate runs/strokes-dense-1 --from 3 --to 8\n         ae interpolate runs/strokes-dense-1 --unit 0"
    )]
    Interpolate(Interpolate),
    /// What a run is: architecture, configuration, best epoch
    #[command(after_help = "Example: ae inspect runs/strokes-dense-1")]
    Inspect(Run),
    /// Data sets: list them, fetch one, show one
    #[command(after_help = "Example: ae data show strokes -o strokes.png", subcommand)]
    Data(Data),
    /// Devices: which backends this build has
    #[command(after_help = "Example: ae devices --check")]
    Devices {
        /// Compare what each computes with flex, the reference
        #[arg(long)]
        check: bool,
    },
    /// Let other machines compute on the devices of this one
    #[command(
        after_help = "Example: AUTOENCODER_TOKEN=$(cat token) ae worker                  (prints the name that others give to --device)\n         AUTOENCODER_TOKEN=$(cat token) ae train mnist-deep --device remote:ID,remote:OTHER"
    )]
    Worker(Worker),
    /// Recipes: configurations that ship with the command
    #[command(after_help = "Example: ae recipes show mnist-deep > mine.toml", subcommand)]
    Recipes(Recipes),
    /// Completions for a shell, on stdout
    #[command(after_help = "Example: ae completions bash > /etc/bash_completion.d/ae")]
    Completions {
        /// Which shell
        shell: Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Worker {
    /// What to serve: a device of `ae devices`, or several of one backend with commas
    #[arg(long, default_value = "flex")]
    pub(crate) device: String,
    /// The file of the token that whoever computes here shows [default: $AUTOENCODER_TOKEN, or the file that
    /// $AUTOENCODER_TOKEN_FILE names]
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The file of the secret behind this worker's id, made where there is none [default: in the user's data folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) identity: Option<PathBuf>,
    /// Be reached at this UDP port alone, as remote:ID@HOST:PORT, instead of by the id through public relays
    #[arg(long)]
    pub(crate) port: Option<u16>,
    /// Listen on a WebSocket instead, unencrypted
    #[arg(long, value_name = "ADDRESS:PORT", conflicts_with_all = ["identity", "port"])]
    pub(crate) websocket: Option<std::net::SocketAddr>,
    /// Let a WebSocket be reached from other machines
    #[arg(long, requires = "websocket")]
    pub(crate) trusted_network: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Train {
    /// A TOML file or a recipe [default: strokes-denoising; with --data what fits the data]
    #[arg(value_parser = RECIPE)]
    pub(crate) config: Option<String>,
    /// A data set by name, or a file of rows (data.source)
    #[arg(long, value_name = "NAME|PATH", value_parser = DATA_SET)]
    pub(crate) data: Option<String>,
    /// Columns of a table that are not learned from, commas between them (data.drop)
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) drop: Vec<String>,
    /// The column of a table that names the class of each row (data.label)
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// Columns of a table whose numbers are codes, each of which is a word, commas between them (data.words)
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub(crate) words: Vec<String>,
    /// Whether the first row of a table names its columns (data.header) [default: what it looks like]
    #[arg(long, value_name = "YES|NO", value_parser = ["yes", "no"])]
    pub(crate) header: Option<String>,
    /// Learn from the rows of this class alone, as anomaly detection does (data.normal_only)
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
    pub(crate) normal_only: Option<String>,
    /// Train so many models, each with a seed of its own, whose mean `ae score` takes (score.members)
    #[arg(long, value_name = "MODELS")]
    pub(crate) ensemble: Option<usize>,
    /// The kind of model (model.kind)
    #[arg(long, value_name = "KIND", value_parser = MODEL)]
    pub(crate) model: Option<String>,
    /// Any key of the configuration with a TOML value; may be given again
    #[arg(long, value_name = "KEY=VALUE", value_parser = KEY, hide_possible_values = true)]
    pub(crate) set: Vec<String>,
    /// The run folder [default: the next free runs/DATA-MODEL-N]
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// Where to compute (train.device), or several with commas that share each batch: see `ae devices`
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// Passes over the training part (train.epochs)
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
    /// The seed of the whole run (train.seed)
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Continue the run in --run from its last whole checkpoint, with its own configuration; --epochs makes it
    /// longer, where train.schedule.kind = "constant"
    #[arg(long, requires = "run", conflicts_with_all = ["config", "data", "drop", "words", "header", "label", "normal_only", "ensemble", "model", "set", "device", "seed"])]
    pub(crate) resume: bool,
    /// One line an epoch, also on a terminal
    #[arg(long)]
    pub(crate) plain: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The run folder
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) run: PathBuf,
    /// Where to compute: see `ae devices`
    #[arg(long, default_value = "flex")]
    pub(crate) device: String,
}

#[derive(Debug, Args)]
pub(crate) struct Evaluate {
    #[command(flatten)]
    pub(crate) run: Run,
    /// Estimate a variational model's -ln p(x) of the test part with K samples an example
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) evidence: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Finetune {
    /// The run whose encoder it is
    #[arg(value_hint = ValueHint::DirPath)]
    pub(crate) encoder_of: PathBuf,
    /// The column of a table that names the class of each row [default: the run's data.label]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// Learn the label as a number, instead of classes (target = "number")
    #[arg(long)]
    pub(crate) regress: bool,
    /// The encoder's weights: learning on from the run's, kept as they are, or drawn anew [default: tuned]
    #[arg(long, value_name = "USE", value_parser = ["tuned", "frozen", "new"])]
    pub(crate) encoder: Option<String>,
    /// Any key of the classifier's configuration with a TOML value: train.*, corruption.*; may be given again
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The classifier's folder [default: classifier in the run's]
    #[arg(long, value_name = "DIR")]
    pub(crate) run: Option<PathBuf>,
    /// Where to compute (train.device), or several with commas that share each batch: see `ae devices`
    #[arg(long)]
    pub(crate) device: Option<String>,
    /// Passes over the training part (train.epochs)
    #[arg(long)]
    pub(crate) epochs: Option<usize>,
    /// The seed of order, noise and new weights (train.seed)
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Continue from the folder's last whole checkpoint, with its own configuration
    #[arg(long, conflicts_with_all = ["label", "regress", "encoder", "set", "device", "epochs", "seed"])]
    pub(crate) resume: bool,
    /// One line an epoch, also on a terminal
    #[arg(long)]
    pub(crate) plain: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Predict {
    /// The folder that `ae finetune` wrote
    pub(crate) classifier: PathBuf,
    /// A file of rows, a row an example
    pub(crate) input: PathBuf,
    /// The .csv or .parquet file for classes and their probabilities, or the .npy file for probabilities alone
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Where to compute: see `ae devices`
    #[arg(long, default_value = "flex")]
    pub(crate) device: String,
}

#[derive(Debug, Args)]
pub(crate) struct Probe {
    #[command(flatten)]
    pub(crate) run: Run,
    /// The column of a table that names the class of each row [default: the run's data.label]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// How many nearest neighbours vote
    #[arg(short = 'k', long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) neighbours: u64,
}

/// Where generated examples go.
#[derive(Debug, Args)]
pub(crate) struct Generated {
    /// The .npy file to write
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// The PNG file to write [default: in the run's plots folder]
    #[arg(long, value_name = "FILE")]
    pub(crate) picture: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Sample {
    #[command(flatten)]
    pub(crate) run: Run,
    /// How many
    #[arg(short = 'n', long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: u64,
    /// Gaussians of the mixture that is fitted to the codes of a model without a prior
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) components: u64,
    /// The seed of the samples
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) outputs: Generated,
}

#[derive(Debug, Args)]
pub(crate) struct Interpolate {
    #[command(flatten)]
    pub(crate) run: Run,
    /// The test example to start from, counted from 0
    #[arg(long, default_value_t = 0)]
    pub(crate) from: usize,
    /// The test example to end at
    #[arg(long, default_value_t = 1, conflicts_with = "unit")]
    pub(crate) to: usize,
    /// Go along this code unit instead, counted from 0, the others as in --from
    #[arg(long)]
    pub(crate) unit: Option<usize>,
    /// How many examples, both ends included
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(2..))]
    pub(crate) steps: u64,
    #[command(flatten)]
    pub(crate) outputs: Generated,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    #[command(flatten)]
    pub(crate) run: Run,
    /// A file of rows, a row an example
    pub(crate) input: PathBuf,
    /// The .npy, .csv or .parquet file to write
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Encode {
    #[command(flatten)]
    pub(crate) apply: Apply,
    #[command(flatten)]
    pub(crate) shard: OneShard,
}

/// For a scheduler that has several machines.
#[derive(Debug, Args)]
pub(crate) struct OneShard {
    /// Take the I-th of N parts of the rows; the parts' files one after the other are that of all rows
    #[arg(long, value_name = "I/N", default_value = "1/1", hide_default_value = true)]
    pub(crate) shard: Shard,
}

#[derive(Debug, Args)]
pub(crate) struct Score {
    #[command(flatten)]
    pub(crate) run: Run,
    /// A file of rows, a row an example
    pub(crate) input: PathBuf,
    /// The .npy file for the scores alone, or the .csv or .parquet file for scores, anomalies and PCA's scores
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// A file with the label of each row, in any form: how well the scores rank the anomalies [default: the input's own]
    #[arg(long, value_name = "FILE")]
    pub(crate) labels: Option<PathBuf>,
    /// The column of a table that the labels are in [default: the run's data.label, or what labels are called]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: Option<String>,
    /// The label of an anomaly, where the labels do not say
    #[arg(long, value_name = "LABEL", allow_hyphen_values = true)]
    pub(crate) anomaly: Option<String>,
    /// A column of the input that is handed through to the scores, so that rows can be found again
    #[arg(long, value_name = "COLUMN", requires = "output")]
    pub(crate) id: Option<String>,
    /// A folder of pictures, white where something is wrong, one for each: how well that is found
    #[arg(long, value_name = "FOLDER")]
    pub(crate) masks: Option<PathBuf>,
    /// Draw the images of the highest scores, their reconstructions and where what is odd lies
    #[arg(long, value_name = "PNG")]
    pub(crate) picture: Option<PathBuf>,
    /// Add the share of each feature in the error of each row to the .csv file
    #[arg(long, requires = "output")]
    pub(crate) explain: bool,
    /// Put an apostrophe before words in the .csv file that a spreadsheet would compute (they begin with =, +, - or @)
    #[arg(long, requires = "output")]
    pub(crate) for_spreadsheet: bool,
    #[command(flatten)]
    pub(crate) shard: OneShard,
    #[command(flatten)]
    pub(crate) threshold: Threshold,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) run: Run,
    /// The .onnx or .safetensors file to write
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// Which map: from examples to reconstructions, to codes, or from codes; scaling is part of each
    #[arg(long, value_name = "PART", default_value = "whole", value_parser = ["whole", "encoder", "decoder"])]
    pub(crate) part: String,
}

#[derive(Debug, Args)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) run: Run,
    /// The .html file to write [default: report.html in the run's folder]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write a page about the scores in this table, which `ae score -o` wrote, instead [default output: beside it]
    #[arg(long, value_name = "FILE", conflicts_with = "tensorboard")]
    pub(crate) scores: Option<PathBuf>,
    /// Also write the curves as an event file for TensorBoard into this folder
    #[arg(long, value_name = "DIR")]
    pub(crate) tensorboard: Option<PathBuf>,
}

/// What scores above the threshold is called an anomaly.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct Threshold {
    /// Call this share of the rows anomalous
    #[arg(long, value_name = "SHARE", value_parser = share)]
    pub(crate) contamination: Option<f64>,
    /// The threshold is this quantile of the scores of what the run held out of training [default: 0.95]
    #[arg(long, value_name = "Q", value_parser = share)]
    pub(crate) quantile: Option<f64>,
    /// The threshold is the median and K standard deviations, estimated by the median absolute deviation
    #[arg(long, value_name = "K", value_parser = deviations)]
    pub(crate) mad: Option<f64>,
    /// The threshold lets this share of the rows labelled normal be called anomalous
    #[arg(long, value_name = "RATE", value_parser = share, requires = "labels")]
    pub(crate) target_fpr: Option<f64>,
}

fn share(word: &str) -> Result<f64, String> {
    match word.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("a number from 0 to 1 is expected".to_owned()),
    }
}

fn deviations(word: &str) -> Result<f64, String> {
    match word.parse::<f64>() {
        Ok(times) if times.is_finite() && times >= 0.0 => Ok(times),
        _ => Err("a number of at least 0 is expected, such as 3".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(crate) struct Denoise {
    #[command(flatten)]
    pub(crate) run: Run,
    /// A file of rows of noisy rows
    #[arg(requires = "output")]
    pub(crate) input: Option<PathBuf>,
    /// The .npy, .csv or .parquet file to write
    #[arg(short, long, value_name = "FILE", requires = "input")]
    pub(crate) output: Option<PathBuf>,
    /// The noise of the test, instead of the run's own: --set corruption.kind=gaussian
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The seed of the new noise
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Data {
    /// The data sets that have a name
    List,
    /// Download a data set, or check the one that is there
    Fetch {
        /// Its name
        #[arg(value_parser = DATA_SET)]
        name: String,
    },
    /// Number, shape and range of its examples, and a picture of the first ones
    Show {
        /// A name or a path
        #[arg(value_parser = DATA_SET)]
        source: String,
        /// The PNG file to write
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// The seed of a procedural set
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
    /// Its pictures as a folder: `train` and `test`, and masks of what is wrong where they are known
    Write {
        /// Its name
        #[arg(value_parser = DATA_SET)]
        name: String,
        /// The folder to write, which must be empty or missing
        #[arg(short, long, value_name = "FOLDER")]
        output: PathBuf,
        /// Rows and columns of each picture, where the set has a choice
        #[arg(long, value_name = "N")]
        side: Option<usize>,
        /// The seed of a procedural set
        #[arg(long, default_value_t = 7)]
        seed: u64,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Recipes {
    /// The recipes, a line each
    List,
    /// The text of a recipe
    Show {
        /// Its name
        #[arg(value_parser = RECIPE)]
        name: String,
    },
}

/// A number of the command line, which no memory could hold where it does not fit.
pub(crate) fn count(words: u64) -> usize {
    usize::try_from(words).unwrap_or(usize::MAX)
}
