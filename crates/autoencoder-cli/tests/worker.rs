//! Training on the devices of other processes. Only a build with the feature `remote` has them.
#![cfg(feature = "remote")]

mod place;

use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use place::Place;
use serde_json::Value;

const TOKEN: &str = "the-token-of-the-test";

/// A worker as a process of its own, which ends with this.
struct Worker {
    child: Child,
    device: String,
    log: Option<JoinHandle<String>>,
}

impl Worker {
    fn start(place: &Place, words: &[&str]) -> Self {
        let mut command = place.command(&[&["worker", "--json"][..], words].concat());
        command.env("AUTOENCODER_TOKEN", TOKEN).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the worker starts");
        let mut stderr = child.stderr.take().expect("piped");
        let log = std::thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says its name");
        let document: Value = serde_json::from_str(&line).expect("a document");
        let device = document["device"].as_str().expect("a name").to_owned();
        Self { child, device, log: Some(log) }
    }

    fn by_websocket(place: &Place) -> Self {
        Self::start(place, &["--websocket", "127.0.0.1:0"])
    }

    fn by_iroh(place: &Place, identity: &str) -> Self {
        let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
        let port = free.port().to_string();
        let mut worker = Self::start(place, &["--identity", identity, "--port", &port]);
        worker.device = worker.device.replace("HOST", "127.0.0.1");
        worker
    }

    /// Ends it without a word to anybody, and gives what it logged.
    fn killed(mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.log.take().and_then(|log| log.join().ok()).unwrap_or_default()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Twenty steps an epoch without noise.
fn training(place: &Place, run: &str, device: &str, epochs: &str) -> Command {
    let settings = [
        "data.examples=400",
        "data.validation=0.2",
        "train.batch_size=16",
        "train.schedule.kind=constant",
        "model.hidden=[32]",
        "model.code=4",
    ];
    let settings = settings.into_iter().flat_map(|setting| ["--set", setting]);
    let words = ["train", "strokes-plane", "--epochs", epochs, "--json", "--run", run, "--device", device];
    let mut command = place.command(&words.into_iter().chain(settings).collect::<Vec<_>>());
    command.env("AUTOENCODER_TOKEN", TOKEN);
    command
}

/// The numbers of a `.safetensors` file, after its header.
fn weights(place: &Place, run: &str) -> Vec<f32> {
    let bytes = place.model(run);
    let header = u64::from_le_bytes(bytes[..8].try_into().expect("a length")) as usize;
    bytes[8 + header..].as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

#[test]
fn two_workers_train_as_one_device_does() {
    let place = Place::new();
    let train = |run: &str, device: &str| {
        let output = training(&place, run, device, "1").output().expect("the command starts");
        assert!(output.status.success(), "{device}: {}", String::from_utf8_lossy(&output.stderr));
        weights(&place, run)
    };
    let one = train("flex", "flex");
    let ways = [
        [Worker::by_websocket(&place), Worker::by_websocket(&place)],
        [Worker::by_iroh(&place, "a.key"), Worker::by_iroh(&place, "b.key")],
    ];
    for (index, [a, b]) in ways.iter().enumerate() {
        let two = train(&format!("two-{index}"), &format!("{},{}", a.device, b.device));
        assert_eq!(one.len(), two.len());
        let apart = one.iter().zip(&two).map(|(one, two)| (one - two).abs()).fold(0.0, f32::max);
        assert!(apart < 1e-4, "{} {}: {apart}", a.device, b.device);
        assert!(apart > 0.0, "halves of a batch round otherwise than the whole, if they were computed apart");
    }
}

#[test]
fn another_token_gets_nothing_and_is_in_no_log() {
    let place = Place::new();
    for worker in [Worker::by_websocket(&place), Worker::by_iroh(&place, "a.key")] {
        for token in ["not-the-token-of-the-test", ""] {
            let output = training(&place, "run", &worker.device, "1")
                .env("AUTOENCODER_TOKEN", token)
                .output()
                .expect("the command starts");
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!output.status.success() && error.trim_end().lines().count() == 1, "{error}");
            assert!(
                error.contains(if token.is_empty() { "share a token" } else { "refused the token" }),
                "{error}"
            );
            assert!(!place.path("run").exists(), "nothing is written");
        }
        let log = worker.killed();
        assert!(log.contains("presented the wrong token"), "{log}");
        assert!(!log.contains(TOKEN) && !log.contains("not-the-token-of-the-test"), "{log}");
    }
}

#[test]
fn a_worker_that_dies_ends_the_run_with_one_line_and_a_checkpoint() {
    let place = Place::new();
    let worker = Worker::by_websocket(&place);
    let mut command = training(&place, "run", &worker.device, "500");
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("the command starts");
    let metrics = place.path("run/metrics.jsonl");
    let epochs = || std::fs::read_to_string(&metrics).map_or(0, |text| text.lines().count());
    while epochs() < 2 {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    worker.killed();
    let output = child.wait_with_output().expect("it ends");
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{error}");
    let lines: Vec<&str> = error.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(lines.len() == 1 && lines[0].contains("--resume"), "{error}");
    let before = epochs();
    let config = place.path("run/config.toml");
    let text = std::fs::read_to_string(&config).expect("a configuration");
    let text: String = text
        .lines()
        .map(|line| if line.starts_with("device") { "device = \"flex\"" } else { line }.to_owned() + "\n")
        .collect();
    std::fs::write(&config, text.replace("epochs = 500", &format!("epochs = {}", before + 1)))
        .expect("written");
    place.done(&["train", "--resume", "--run", "run", "--json"]);
    assert_eq!(epochs(), before + 1);
}

#[test]
fn a_worker_without_a_token_or_open_to_a_network_does_not_start() {
    let place = Place::new();
    place.refused(2, &["worker"], &["AUTOENCODER_TOKEN"]);
    write_alone(&place.path("token"), TOKEN);
    let open = ["worker", "--token-file", "token", "--websocket", "0.0.0.0:0"];
    place.refused(2, &open, &["0.0.0.0:0", "--trusted-network"]);
    place.refused(2, &["worker", "--token-file", "none"], &["none"]);
    write_alone(&place.path("a.key"), "no secret");
    let identity = ["worker", "--token-file", "token", "--identity", "a.key"];
    place.refused(1, &identity, &["a.key", "remove it", "--identity"]);
    if cfg!(feature = "ndarray") {
        let mixed = ["worker", "--token-file", "token", "--device", "flex,ndarray"];
        place.refused(2, &mixed, &["flex,ndarray", "a worker of its own"]);
    }
}

/// Writes a file that its owner alone can read.
fn write_alone(path: &std::path::Path, text: &str) {
    std::fs::write(path, text).expect("written");
    #[cfg(unix)]
    {
        let alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(path, alone).expect("set");
    }
}
