//! The command as a process, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A folder that the command runs in, without data sets.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ae"));
        command.args(words).current_dir(self.folder.path());
        command.env_remove("AUTOENCODER_DATA").env("XDG_CACHE_HOME", self.folder.path().join("cache"));
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the command starts")
    }

    fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    fn document(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.done(words)).expect("one JSON document and nothing else")
    }

    /// Runs what should fail: one line on stderr that has all of `parts`, that exit code, no panic.
    fn refused(&self, code: i32, words: &[&str], parts: &[&str]) {
        let output = self.run(words);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{words:?}: {error}");
        assert!(output.stdout.is_empty(), "{words:?} printed on stdout");
        for part in parts {
            assert!(error.contains(part), "{words:?}: `{error}` lacks `{part}`");
        }
    }

    /// A small training; `more` comes after.
    fn train(&self, run: &str, more: &[&str]) -> Value {
        self.document(&[&small(run)[..], more].concat())
    }

    fn model(&self, run: &str) -> Vec<u8> {
        std::fs::read(self.path(run).join("model/model.safetensors")).expect("a model")
    }
}

fn small(run: &str) -> Vec<&str> {
    let settings = ["--set", "data.examples=400", "--set", "model.hidden=[16]", "--set", "model.code=2"];
    [&["train", "--json", "--epochs", "3", "--run", run][..], &settings].concat()
}

/// An array as a `.npy` file of f32.
fn npy(path: &Path, columns: usize, values: &[f32]) {
    let header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {columns}), }}",
        values.len() / columns
    );
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    std::fs::write(path, bytes).expect("written");
}

/// The numbers of a `.npy` file of f32 that the command wrote.
fn numbers(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("a file");
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[header..].as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

#[test]
fn training_offline_leaves_a_whole_run_folder_and_evaluates() {
    let place = Place::new();
    let report = place.train("run", &[]);
    assert_eq!(report["epochs"], 3);
    for file in [
        "config.toml",
        "environment.json",
        "metrics.jsonl",
        "evaluation.json",
        "model/model.json",
        "model/model.safetensors",
        "plots/loss.png",
        "plots/reconstructions.png",
        "plots/filters.png",
        "plots/codes.png",
    ] {
        assert!(place.path("run").join(file).is_file(), "{file} is missing");
    }
    let evaluation = place.document(&["evaluate", "run", "--json"]);
    assert_eq!(evaluation["code_size"], 2);
    for part in ["train", "validation", "test"] {
        assert!(evaluation["splits"][part]["examples"].as_u64().is_some_and(|examples| examples > 0));
        assert!(evaluation["splits"][part]["loss"].as_f64().is_some_and(f64::is_finite));
        let ours = evaluation["splits"][part]["squared_error_per_example"].as_f64().expect("a number");
        let pca = evaluation["pca"][part]["squared_error_per_example"].as_f64().expect("a number");
        assert!(ours > 0.0 && pca > 0.0);
    }
    assert_eq!(evaluation, report["evaluation"]);
    let inspection = place.document(&["inspect", "run", "--json"]);
    assert_eq!(inspection["parameters"], 2 * (784 * 16 + 16 * 2) + 16 + 2 + 16 + 784);
    let denoising = place.document(&["denoise", "run", "--json"]);
    assert!(denoising["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0));
}

#[test]
fn decoding_after_encoding_is_reconstructing() {
    let place = Place::new();
    place.train("run", &[]);
    let values: Vec<f32> = (0..5 * 784).map(|i| (i % 256) as f32).collect();
    npy(&place.path("x.npy"), 784, &values);
    place.done(&["encode", "run", "x.npy", "-o", "h.npy"]);
    place.done(&["decode", "run", "h.npy", "-o", "y.npy"]);
    let shape = place.document(&["reconstruct", "run", "x.npy", "-o", "z.npy", "--json"]);
    assert_eq!((shape["rows"].as_u64(), shape["columns"].as_u64()), (Some(5), Some(784)));
    let (decoded, reconstructed) = (numbers(&place.path("y.npy")), numbers(&place.path("z.npy")));
    assert_eq!((numbers(&place.path("h.npy")).len(), decoded.len()), (10, values.len()));
    assert!(decoded.iter().zip(&reconstructed).all(|(a, b)| (a - b).abs() <= 1e-6 * b.abs().max(1.0)));
    // In the user's units: pixels up to 255, not the unit range that the model works in.
    assert!(reconstructed.iter().any(|&pixel| pixel > 2.0));
}

#[test]
fn the_seed_decides_every_byte_of_the_model() {
    let place = Place::new();
    place.train("a", &[]);
    place.train("b", &[]);
    place.train("c", &["--seed", "8"]);
    assert_eq!(place.model("a"), place.model("b"));
    assert_ne!(place.model("a"), place.model("c"));
    // The resolved configuration repeats the run.
    place.done(&["train", "a/config.toml", "--run", "d"]);
    assert_eq!(place.model("a"), place.model("d"));
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let place = Place::new();
    let more = ["--set", "data.examples=6000", "--epochs", "4"];
    let mut words = [&small("whole")[..]].concat();
    words.retain(|word| !matches!(*word, "--epochs" | "3"));
    words.extend(more);
    place.done(&words);
    let killed: Vec<&str> = words.iter().map(|word| if *word == "whole" { "killed" } else { word }).collect();
    let mut process = place.command(&killed).spawn().expect("the command starts");
    let checkpoint = place.path("killed/checkpoints/schedule-1.bpk");
    while !checkpoint.exists() && process.try_wait().expect("a process").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    process.kill().expect("killed");
    process.wait().expect("ended");
    let report = place.document(&["train", "--resume", "--run", "killed", "--json"]);
    assert_eq!(report["epochs"], 4);
    assert_eq!(place.model("killed"), place.model("whole"));
}

#[test]
fn wrong_input_is_one_line_with_the_remedy_and_leaves_nothing() {
    let place = Place::new();
    place.refused(2, &["train", "mnist-dep"], &["mnist-dep", "did you mean `mnist-deep`"]);
    place.refused(2, &["train", "--set", "model.hiden=[3]"], &["model.hiden", "did you mean `hidden`"]);
    place.refused(2, &["train", "--set", "trian.epochs=3"], &["trian", "did you mean `train`"]);
    place.refused(2, &["train", "--model", "dence"], &["dence", "model.kind", "did you mean `dense`"]);
    place.refused(
        2,
        &["train", "--set", "corruption.probability=1.5"],
        &["corruption.probability = 1.5", "from 0 to 1"],
    );
    place.refused(2, &["train", "--set", "model.hidden=[16, 0]"], &["model.hidden[1]", "positive"]);
    place.refused(2, &["train", "--set", "model.code=\"two\""], &["model", "two"]);
    place.refused(
        2,
        &["train", "--set", "penalty=[{kind=\"l1\", weight=-1}]"],
        &["penalty[0]", "weight = -1"],
    );
    place.refused(2, &["train", "--device", "cuda"], &["cuda", "--features cuda"]);
    place.refused(2, &["train", "--device", "tpu"], &["tpu", "flex"]);
    place.refused(1, &["train", "--data", "mnits"], &["mnits", "did you mean `mnist`"]);
    place.refused(1, &["train", "--data", "missing.npy"], &["missing.npy"]);
    place.refused(2, &["train", "missing.toml"], &["missing.toml"]);
    std::fs::write(place.path("bad.toml"), "[model]\nkind = \n").expect("written");
    place.refused(2, &["train", "bad.toml"], &["bad.toml, line 2"]);
    place.refused(1, &["evaluate", "nowhere"], &["nowhere", "model/model.json is missing"]);
    place.refused(1, &["train", "--resume", "--run", "nowhere"], &["nowhere", "config.toml is missing"]);
    place.refused(1, &["train", "--run", "/proc/ae"], &["/proc/ae", "cannot write"]);
    assert!(!place.path("runs").exists(), "a run folder was left behind");
    assert!(!place.path("nowhere").exists());
}

#[test]
fn files_that_do_not_fit_a_run_are_refused_by_name() {
    let place = Place::new();
    place.train("run", &[]);
    place.refused(1, &small("run"), &["run", "--resume"]);
    npy(&place.path("narrow.npy"), 3, &[0.0; 6]);
    place.refused(1, &["encode", "run", "narrow.npy", "-o", "h.npy"], &["3 features", "1x28x28"]);
    std::fs::write(place.path("text.npy"), "a,b\n").expect("written");
    place.refused(1, &["encode", "run", "text.npy", "-o", "h.npy"], &["text.npy", "numpy.save"]);
    place.refused(1, &["encode", "run", ".", "-o", "h.npy"], &["is a folder"]);
    npy(&place.path("x.npy"), 784, &[0.0; 784]);
    std::fs::create_dir(place.path("taken")).expect("a folder");
    place.refused(1, &["encode", "run", "x.npy", "-o", "taken"], &["taken", "cannot write"]);
    assert!(!place.path("h.npy").exists());
    let weights = place.path("run/model/model.safetensors");
    std::fs::write(&weights, &place.model("run")[..100]).expect("written");
    place.refused(1, &["inspect", "run"], &["model.safetensors", "damaged"]);
}

#[test]
fn lists_and_recipes_are_there_for_people_and_programs() {
    let place = Place::new();
    let recipe = place.done(&["recipes", "show", "mnist-deep"]);
    assert!(recipe.contains("hidden = [1000, 500, 250]"));
    std::fs::write(place.path("mine.toml"), recipe).expect("written");
    place.refused(
        1,
        &["train", "mine.toml", "--data-dir", "empty", "--run", "run"],
        &["mnist", "--data-dir"],
    );
    assert!(
        place.document(&["recipes", "list", "--json"])["recipes"]
            .as_array()
            .is_some_and(|list| list.len() > 5)
    );
    assert!(place.done(&["data", "list"]).contains("strokes"));
    assert!(place.done(&["devices"]).contains("flex"));
    assert!(place.done(&["completions", "bash"]).contains("complete"));
    let shown = place.document(&["data", "show", "rectangles", "-o", "picture.png", "--json"]);
    assert_eq!(shown["features"], 784);
    assert!(place.path("picture.png").is_file());
}
