//! The command on a terminal: the dashboard is shown, and Ctrl-C and q end it cleanly.
#![cfg(unix)]

mod place;

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use place::Place;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};

/// A training that no test waits for.
const LONG: [&str; 8] =
    ["train", "--run", "run", "--epochs", "100000", "--set", "data.examples=3000", "--set"];

/// `ae` on a terminal of its own.
struct Terminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    screen: Arc<Mutex<String>>,
    pair: portable_pty::PtyPair,
}

impl Terminal {
    fn start(place: &Place, words: &[&str]) -> Self {
        Self::of_kind(place, words, "xterm-256color")
    }

    fn of_kind(place: &Place, words: &[&str], kind: &str) -> Self {
        let size = PtySize { rows: 40, cols: 120, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_ae"));
        command.args(words);
        command.cwd(place.path(""));
        command.env("TERM", kind);
        command.env_remove("AUTOENCODER_DATA");
        let child = pair.slave.spawn_command(command).expect("the command starts");
        let keys = pair.master.take_writer().expect("keys");
        let mut output = pair.master.try_clone_reader().expect("a screen");
        let screen = Arc::new(Mutex::new(String::new()));
        let shown = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut buffer) {
                shown.lock().expect("a screen").push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Self { child, keys, screen, pair }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("pressed");
        self.keys.flush().expect("pressed");
    }

    fn text(&self) -> String {
        self.screen.lock().expect("a screen").clone()
    }

    fn wait_for(&self, happened: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !happened(self) {
            assert!(began.elapsed() < Duration::from_secs(60), "it never happened: {}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The exit code, and how long it took.
    fn end(&mut self) -> (u32, Duration) {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a process") {
                return (status.exit_code(), began.elapsed());
            }
            assert!(began.elapsed() < Duration::from_secs(30), "it does not end: {}", self.text());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

fn training(place: &Place) -> Terminal {
    let words = [&LONG[..], &["model.hidden=[64]"]].concat();
    let terminal = Terminal::start(place, &words);
    let epoch = place.path("run/checkpoints/epoch-2.json");
    terminal.wait_for(|_| epoch.exists());
    // The dashboard draws ten times a second.
    std::thread::sleep(Duration::from_millis(600));
    terminal
}

#[test]
fn ctrl_c_ends_a_training_within_two_seconds_and_leaves_a_usable_run() {
    let place = Place::new();
    let mut terminal = training(&place);
    assert!(terminal.text().contains("\u{1b}[?1049h"), "no dashboard: {}", terminal.text());
    terminal.press("\u{3}");
    let (code, took) = terminal.end();
    assert_eq!(code, 1, "{}", terminal.text());
    assert!(took < Duration::from_secs(2), "{took:?}");
    terminal.wait_for(|terminal| terminal.text().contains("continue with `ae train --resume"));
    // The terminal is as it was before.
    assert!(terminal.text().contains("\u{1b}[?1049l"));
    assert_eq!(place.document(&["inspect", "run", "--json"])["card"]["format"], 1);
    place.document(&["evaluate", "run", "--json"]);
}

#[test]
fn q_and_s_stop_a_training_as_ctrl_c_does() {
    let place = Place::new();
    let mut terminal = training(&place);
    terminal.press("q");
    std::thread::sleep(Duration::from_millis(300));
    terminal.press("s");
    let (code, _) = terminal.end();
    assert_eq!(code, 1, "{}", terminal.text());
    terminal.wait_for(|terminal| terminal.text().contains("interrupted after"));
    place.document(&["evaluate", "run", "--json"]);
}

#[test]
fn q_and_k_end_a_training_at_once_without_a_trace_of_panic() {
    let place = Place::new();
    let mut terminal = training(&place);
    terminal.press("q");
    std::thread::sleep(Duration::from_millis(300));
    terminal.press("k");
    let (code, _) = terminal.end();
    assert_eq!(code, 1, "{}", terminal.text());
    place.document(&["inspect", "run", "--json"]);
}

#[test]
fn ctrl_c_where_no_training_hears_it_ends_the_command_at_once() {
    let place = Place::new();
    // Making a million digits takes longer than this test waits.
    let words = ["train", "--plain", "--run", "run", "--set", "data.examples=3000000"];
    let mut terminal = Terminal::start(&place, &words);
    std::thread::sleep(Duration::from_millis(700));
    terminal.press("\u{3}");
    let (code, took) = terminal.end();
    assert_eq!(code, 130, "{}", terminal.text());
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert!(!place.path("run").exists());
}

#[test]
fn a_terminal_that_cannot_draw_gets_lines() {
    let place = Place::new();
    let words =
        ["train", "--run", "run", "--epochs", "2", "--set", "data.examples=300", "--set", "model.hidden=[8]"];
    let mut terminal = Terminal::of_kind(&place, &words, "dumb");
    assert_eq!(terminal.end().0, 0, "{}", terminal.text());
    terminal.wait_for(|terminal| terminal.text().contains("epoch   2/2"));
    assert!(!terminal.text().contains("\u{1b}[?1049h"), "{}", terminal.text());
}

#[test]
fn a_training_whose_terminal_is_closed_goes_on_to_its_end() {
    let place = Place::new();
    let words = [
        "train",
        "--run",
        "run",
        "--epochs",
        "60",
        "--set",
        "data.examples=2000",
        "--set",
        "model.hidden=[64]",
    ];
    let terminal = Terminal::start(&place, &words);
    let epoch = place.path("run/checkpoints/epoch-2.json");
    terminal.wait_for(|_| epoch.exists());
    let Terminal { mut child, keys, pair, .. } = terminal;
    // The reader's thread holds the last copy of the terminal's other end until the command closes its own.
    let hangup = child.process_id().expect("a process").to_string();
    drop((keys, pair));
    let sent = std::process::Command::new("kill").args(["-HUP", &hangup]).status().expect("sent");
    assert!(sent.success());
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("a process") {
            break status;
        }
        assert!(began.elapsed() < Duration::from_secs(120), "it does not end");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(status.success(), "{status:?}");
    let metrics = std::fs::read_to_string(place.path("run/metrics.jsonl")).expect("metrics");
    assert_eq!(metrics.lines().count(), 60);
}
