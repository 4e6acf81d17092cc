//! A folder that the command runs in, and what tests ask of it there.
#![allow(dead_code, reason = "each test program uses a part of it")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A folder that the command runs in, without data sets.
pub(crate) struct Place {
    folder: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ae"));
        command.args(words).current_dir(self.folder.path());
        command.env_remove("AUTOENCODER_DATA").env("XDG_CACHE_HOME", self.folder.path().join("cache"));
        command
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().expect("the command starts")
    }

    pub(crate) fn done(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    pub(crate) fn document(&self, words: &[&str]) -> Value {
        serde_json::from_str(&self.done(words)).expect("one JSON document and nothing else")
    }

    /// Runs what should fail: one line on stderr that has all of `parts`, that exit code, no panic.
    pub(crate) fn refused(&self, code: i32, words: &[&str], parts: &[&str]) {
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
    pub(crate) fn train(&self, run: &str, more: &[&str]) -> Value {
        self.document(&[&small(run)[..], more].concat())
    }

    pub(crate) fn model(&self, run: &str) -> Vec<u8> {
        std::fs::read(self.path(run).join("model/model.safetensors")).expect("a model")
    }
}

pub(crate) fn small(run: &str) -> Vec<&str> {
    let settings = ["--set", "data.examples=400", "--set", "model.hidden=[16]", "--set", "model.code=2"];
    [&["train", "--json", "--epochs", "3", "--run", run][..], &settings].concat()
}

/// Rows of that many columns as a `.npy` file of f32.
pub(crate) fn npy(path: &Path, columns: usize, values: &[f32]) {
    npy_of(path, &format!("({}, {columns})", values.len() / columns), values);
}

/// An array of that shape, as Python writes it, as a `.npy` file of f32.
pub(crate) fn npy_of(path: &Path, shape: &str, values: &[f32]) {
    let bytes = npy_bytes("<f4", shape, values.iter().flat_map(|value| value.to_le_bytes()));
    std::fs::write(path, bytes).expect("written");
}

/// The bytes of a `.npy` file of that type and shape, as Python writes them, with those of its numbers.
pub(crate) fn npy_bytes(descr: &str, shape: &str, numbers: impl Iterator<Item = u8>) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{header:<117}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(numbers);
    bytes
}

/// The numbers of a `.npy` file of f32 that the command wrote.
pub(crate) fn numbers(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).expect("a file");
    let header = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[header..].as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}
