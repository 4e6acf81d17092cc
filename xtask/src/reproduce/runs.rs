//! Trainings of `ae` that go on where they were stopped.

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::Value;
use xshell::{Shell, cmd};

use crate::error::TaskError;

/// The folder of a row's runs, and the program that makes them.
pub(crate) struct Runs<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) program: PathBuf,
    pub(crate) folder: PathBuf,
    /// What was run, as it can be repeated.
    pub(crate) commands: Vec<String>,
    began: Instant,
}

/// The seconds of earlier calls for the same row.
const SECONDS: &str = "seconds";

impl<'a> Runs<'a> {
    pub(crate) fn new(shell: &'a Shell, program: PathBuf, folder: PathBuf) -> Result<Self, TaskError> {
        shell.create_dir(&folder)?;
        Ok(Self { shell, program, folder, commands: Vec::new(), began: Instant::now() })
    }

    /// `ae train`, or its continuation, into the run of that name.
    pub(crate) fn train(&mut self, name: &str, words: &[String]) -> Result<Value, TaskError> {
        let run = self.folder.join(name);
        self.remember("train", words, name);
        if run.join("evaluation.json").exists() {
            return self.read(&run.join("evaluation.json"));
        }
        let begun = run.join("config.toml").exists();
        let program = &self.program;
        let run_words: Vec<&str> =
            if begun { vec!["--resume"] } else { words.iter().map(String::as_str).collect() };
        let report = cmd!(self.shell, "{program} train {run_words...} --run {run} --json").quiet().read()?;
        self.note()?;
        Ok(json("train", &report)?["evaluation"].clone())
    }

    /// `ae finetune` of a run, or its continuation, into the folder of that name in it.
    pub(crate) fn finetune(&mut self, run: &str, name: &str, words: &[String]) -> Result<Value, TaskError> {
        let (run_folder, folder) = (self.folder.join(run), self.folder.join(run).join(name));
        self.remember(&format!("finetune {run}"), words, &format!("{run}/{name}"));
        if folder.join("evaluation.json").exists() {
            return self.read(&folder.join("evaluation.json"));
        }
        let resume = folder.join("config.toml").exists();
        let words: Vec<&str> =
            if resume { vec!["--resume"] } else { words.iter().map(String::as_str).collect() };
        let program = &self.program;
        let report =
            cmd!(self.shell, "{program} finetune {run_folder} {words...} --run {folder} --json").quiet();
        let report = report.read()?;
        self.note()?;
        Ok(json("finetune", &report)?["answers"].clone())
    }

    /// `ae probe` of a run, once.
    pub(crate) fn probe(&mut self, run: &str) -> Result<Value, TaskError> {
        let (run, path) = (self.folder.join(run), self.folder.join(run).join("probe.json"));
        if path.exists() {
            return self.read(&path);
        }
        let program = &self.program;
        let report = cmd!(self.shell, "{program} probe {run} --json").quiet().read()?;
        self.shell.write_file(&path, &report)?;
        self.note()?;
        json("probe", &report)
    }

    /// The seconds that all of it has taken, in this call and those before it.
    pub(crate) fn seconds(&self) -> f64 {
        let before = self.shell.read_file(self.folder.join(SECONDS)).ok();
        before.and_then(|text| text.trim().parse().ok()).unwrap_or(0.0)
    }

    /// Adds what has passed since the last note.
    fn note(&mut self) -> Result<(), TaskError> {
        let total = self.seconds() + self.began.elapsed().as_secs_f64();
        self.began = Instant::now();
        Ok(self.shell.write_file(self.folder.join(SECONDS), total.to_string())?)
    }

    fn remember(&mut self, verb: &str, words: &[String], run: &str) {
        let quoted = words
            .iter()
            .map(|word| if word.contains(['[', '{', '"', ' ']) { format!("'{word}'") } else { word.clone() });
        let words = quoted.collect::<Vec<_>>().join(" ");
        self.commands.push(format!("ae {verb} {words} --run {run}"));
    }

    fn read(&self, path: &Path) -> Result<Value, TaskError> {
        json("evaluate", &self.shell.read_file(path)?)
    }
}

fn json(verb: &'static str, text: &str) -> Result<Value, TaskError> {
    serde_json::from_str(text).map_err(|source| TaskError::NotJson { verb, source })
}

/// What of this machine decides how long a training takes, and to which bits: products are summed in another order where
/// vectors are wider.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    #[cfg(target_arch = "x86_64")]
    let vectors = match (is_x86_feature_detected!("avx512f"), is_x86_feature_detected!("avx2")) {
        (true, _) => "AVX-512",
        (false, true) => "AVX2",
        (false, false) => "SSE2",
    };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = std::env::consts::ARCH;
    format!("{cores} cores with {vectors}")
}

/// A number in a document, by its pointer.
pub(crate) fn number(document: &Value, pointer: &str) -> Result<f64, TaskError> {
    let missing = || TaskError::NoNumber { pointer: pointer.to_owned() };
    document.pointer(pointer).and_then(Value::as_f64).ok_or_else(missing)
}
