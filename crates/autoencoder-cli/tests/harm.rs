//! A run that cannot be harmed: kills, locks, damage, edits.

mod place;

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use place::{Place, small};

const EPOCHS: &str = "6";

/// A training of some seconds' tenths, six epochs of which each writes several files.
fn words(run: &str) -> Vec<String> {
    let words = small(run);
    let mut words: Vec<String> = words
        .iter()
        .filter(|word| !matches!(**word, "--epochs" | "3"))
        .map(|word| (*word).to_owned())
        .collect();
    words.extend(["--epochs", EPOCHS, "--set", "data.examples=1500"].map(str::to_owned));
    words
}

fn start(place: &Place, words: &[String]) -> Child {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut command = place.command(&words);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the command starts")
}

#[test]
fn thirty_kills_at_any_point_leave_a_run_that_ends_with_the_same_bytes() {
    let place = Place::new();
    let began = Instant::now();
    assert!(start(&place, &words("whole")).wait().expect("ended").success());
    let whole = began.elapsed();
    let mut words = words("killed");
    for kill in 0..30_u32 {
        let mut process = start(&place, &words);
        // From the first file that is written to the last, in steps that hit writes as well as trainings.
        std::thread::sleep(whole.mul_f64(0.05 + 0.9 * f64::from(kill * 7 % 30) / 30.0));
        process.kill().expect("killed");
        process.wait().expect("ended");
        if place.path("killed/config.toml").exists() {
            words = ["train", "--resume", "--run", "killed", "--json"].map(str::to_owned).to_vec();
        } else {
            // Killed before there was anything to continue.
            let _ = std::fs::remove_dir_all(place.path("killed"));
        }
    }
    place.document(&["train", "--resume", "--run", "killed", "--json"]);
    assert_eq!(place.model("killed"), place.model("whole"));
    let evaluation =
        |run: &str| std::fs::read(place.path(run).join("evaluation.json")).expect("an evaluation");
    assert_eq!(evaluation("killed"), evaluation("whole"));
    let left: Vec<_> =
        walk(&place.path("killed")).into_iter().filter(|name| name.contains("unfinished")).collect();
    assert!(left.is_empty(), "{left:?}");
}

fn walk(folder: &std::path::Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .flat_map(|entry| match entry.path().is_dir() {
            true => walk(&entry.path()),
            false => vec![entry.path().display().to_string()],
        })
        .collect()
}

#[test]
fn a_killed_run_has_the_best_model_so_far() {
    let place = Place::new();
    let mut long = words("run");
    long.extend(["--epochs".to_owned(), "500".to_owned()]);
    let long: Vec<String> = {
        // The first --epochs gives way to the second.
        let at = long.iter().position(|word| word == "--epochs").expect("given");
        long.drain(at..at + 2);
        long
    };
    let mut process = start(&place, &long);
    wait_for(|| place.path("run/checkpoints/epoch-3.json").exists());
    process.kill().expect("killed");
    process.wait().expect("ended");
    let inspection = place.document(&["inspect", "run", "--json"]);
    assert!(inspection["card"]["best_epoch"].as_u64().is_some_and(|epoch| epoch >= 1));
    place.document(&["evaluate", "run", "--json"]);
}

fn wait_for(happened: impl Fn() -> bool) {
    let began = Instant::now();
    while !happened() {
        assert!(began.elapsed() < Duration::from_secs(60), "it never happened");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn runs_started_at_once_get_folders_of_their_own_and_a_live_one_is_not_resumed() {
    let place = Place::new();
    let mut words = words("unused");
    let at = words.iter().position(|word| word == "--run").expect("given");
    words.drain(at..at + 2);
    words.extend(["--set", "train.epochs=2000"].map(str::to_owned));
    let at = words.iter().position(|word| word == "--epochs").expect("given");
    words.drain(at..at + 2);
    let mut processes: Vec<Child> = (0..3).map(|_| start(&place, &words)).collect();
    for number in 1..=3 {
        let seal = place.path(&format!("runs/strokes-dense-{number}/checkpoints/epoch-1.json"));
        wait_for(|| seal.exists());
    }
    place.refused(1, &["train", "--resume", "--run", "runs/strokes-dense-1"], &["in use"]);
    for process in &mut processes {
        process.kill().expect("killed");
        process.wait().expect("ended");
    }
    assert!(!place.path("runs/strokes-dense-4").exists());
}

#[test]
fn what_was_damaged_or_edited_is_a_line() {
    let place = Place::new();
    place.train("run", &[]);
    let model = place.model("run");
    let config = place.path("run/config.toml");
    let text = std::fs::read_to_string(&config).expect("a file");
    // The last checkpoint is damaged: the one before is used, and the end is the same.
    std::fs::write(place.path("run/checkpoints/optimizer-3.bpk"), b"half").expect("written");
    place.document(&["train", "--resume", "--run", "run", "--json"]);
    assert_eq!(place.model("run"), model);
    // Edited since: other widths, another schedule, more epochs under one that depends on them.
    let edit = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        std::fs::write(&config, text.replace(from, to)).expect("written");
    };
    edit("hidden = [16]", "hidden = [17]");
    place.refused(1, &["train", "--resume", "--run", "run"], &["model.hidden", "since its checkpoints"]);
    edit("epochs = 3", "epochs = 5");
    place.refused(2, &["train", "--resume", "--run", "run"], &["train.schedule", "constant"]);
    std::fs::write(&config, &text).expect("written");
    // All of them damaged: one line, no panic.
    for file in walk(&place.path("run/checkpoints")).iter().filter(|file| file.ends_with(".bpk")) {
        std::fs::write(file, b"half").expect("written");
    }
    place.refused(1, &["train", "--resume", "--run", "run"], &["checkpoint", "cannot be used"]);
}

#[test]
fn a_finished_run_is_made_longer_where_its_steps_do_not_depend_on_their_number() {
    let place = Place::new();
    let constant = ["--set", "train.schedule={kind=\"constant\"}"];
    place.train("short", &constant);
    let report = place.document(&["train", "--resume", "--run", "short", "--epochs", "5", "--json"]);
    assert_eq!(report["epochs"], 5);
    let mut five: Vec<&str> =
        small("long").into_iter().filter(|word| !matches!(*word, "--epochs" | "3")).collect();
    five.extend(constant.iter().chain(&["--epochs", "5"]));
    place.document(&five);
    assert_eq!(place.model("short"), place.model("long"));
}

#[test]
fn what_does_not_fit_is_refused_before_the_folder_is_made() {
    let place = Place::new();
    let huge = ["train", "--set", "model.hidden=[100000000]", "--run", "run"];
    place.refused(1, &huge, &["GiB", "model.hidden"]);
    let penalty = ["train", "--set", "penalty=[{kind=\"kl\"}]", "--run", "run"];
    place.refused(2, &penalty, &["kl", "code_activation"]);
    assert!(!place.path("run").exists());
}
