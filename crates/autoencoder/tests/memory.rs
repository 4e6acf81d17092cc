//! The estimate of a training's memory beside the peak that the system measured.
#![cfg(target_os = "linux")]
#![allow(clippy::print_stdout, reason = "a process tells the one that started it what it measured")]

use std::cell::Cell;
use std::rc::Rc;

use autoencoder::prelude::*;

/// The bytes of the process at most since the last reset, or now: a line of `/proc/self/status`.
fn told(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says it");
    let line = status.lines().find_map(|line| line.strip_prefix(name)).expect("a line");
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse::<u64>().expect("a number") * 1024
}

/// The estimate, and by how much the process grew while it trained.
fn trained(text: &str) -> (u64, u64) {
    let place = tempfile::tempdir().expect("a folder");
    let config = RunConfig::from_toml(text, "test").expect("a configuration").check().expect("a run");
    let estimate = Rc::new(Cell::new(None));
    // Without what earlier trainings have left.
    std::fs::write("/proc/self/clear_refs", "5").expect("reset");
    let before = told("VmRSS");
    let told_memory = Rc::clone(&estimate);
    let session = Session::quiet().begun(move |beginning| told_memory.set(beginning.memory));
    let folder = RunFolder::new(place.path().join("run"));
    train(&config, &folder, &DataFolder::new(None), &session).expect("trained");
    (estimate.get().expect("told at the start"), told("VmHWM") - before)
}

/// Weights; the outputs of layers; those of convolutions.
const TRAININGS: [&str; 3] = [
    "data = { source = \"strokes\", examples = 600 }\nmodel = { hidden = [6000], code = 600 }\ntrain = { epochs = 1 }",
    "data = { source = \"strokes\", examples = 9000 }\nmodel = { hidden = [1500], code = 32 }\n\
     train = { epochs = 1, batch_size = 8000 }",
    "data = { source = \"strokes\", examples = 2200 }\ntrain = { epochs = 1, batch_size = 1900 }\n\
     [model]\nkind = \"conv\"\nchannels = [32, 64]\ncode = 32",
];

/// The number of the training that a process of this program is to make.
const NUMBER: &str = "AUTOENCODER_TEST_TRAINING";

#[test]
fn the_peak_is_near_the_estimate() {
    if let Ok(number) = std::env::var(NUMBER) {
        let (estimate, peak) = trained(TRAININGS[number.parse::<usize>().expect("a number")]);
        println!("measured {estimate} {peak}");
        return;
    }
    // Each in a process of its own: what one has freed the next would take again.
    for (number, text) in TRAININGS.iter().enumerate() {
        let mut process = std::process::Command::new(std::env::current_exe().expect("this program"));
        let output = process.arg("--nocapture").env(NUMBER, number.to_string()).output().expect("it runs");
        let output = String::from_utf8_lossy(&output.stdout).into_owned();
        let numbers = output.lines().find_map(|line| line.strip_prefix("measured ")).expect(&output);
        let (estimate, peak) = numbers.split_once(' ').expect("two numbers");
        let mib = |bytes: &str| bytes.parse::<f64>().expect("a number") / f64::from(1 << 20);
        let (estimate, peak) = (mib(estimate), mib(peak));
        assert!((0.8..2.5).contains(&(estimate / peak)), "{text}: {estimate} MiB estimated, {peak} measured");
    }
}
