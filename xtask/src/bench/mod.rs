//! `cargo xtask bench`: the workloads of docs/benchmarks.md, alone or beside PyTorch.
//!
//! Both sides are programs that are asked in turn, so that what else the machine does meets both alike. They
//! start from the same weights and see the same data in the same order; their objectives over 200 steps are
//! compared, so that speed is never bought with another computation.

mod processor;
mod side;
mod table;
mod turns;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::error::TaskError;
use crate::python;
use crate::workspace::{CRATES, Workspace};
use processor::processor;
use side::Side;
use table::{HEADER, Row, mean_ratio};
use turns::Turns;

/// A workload and how many steps a turn has.
struct Workload {
    id: &'static str,
    summary: &'static str,
    /// Examples a step; `None` for inference.
    batch: Option<usize>,
    steps: usize,
}

/// A workload as it was asked for.
struct Asked {
    id: &'static str,
    summary: String,
    steps: usize,
}

const WORKLOADS: [Workload; 12] = [
    Workload {
        id: "W1",
        summary: "dense 784-128-64, squared error on a sigmoid",
        batch: Some(128),
        steps: 100,
    },
    Workload { id: "W2", summary: "dense 784-256-32, cross-entropy", batch: Some(128), steps: 80 },
    Workload { id: "W3", summary: "one tied layer of 1000, masking, SGD", batch: Some(20), steps: 80 },
    Workload { id: "W4", summary: "overcomplete 784-2048, L1", batch: Some(256), steps: 12 },
    Workload { id: "W5", summary: "deep 784-1000-500-250-30", batch: Some(512), steps: 8 },
    Workload { id: "W6", summary: "convolutional 1-16-32, dense 64", batch: Some(128), steps: 16 },
    Workload { id: "W7", summary: "one tied layer of 1000, contractive", batch: Some(100), steps: 30 },
    Workload { id: GPU_ALONE, summary: "dense 768-12288, squared error", batch: Some(1024), steps: 4 },
    Workload { id: "W9", summary: "variational 784-400-20", batch: Some(128), steps: 50 },
    Workload { id: "I1", summary: "encode 60 000 images with W5's encoder", batch: None, steps: 1 },
    Workload { id: "I2", summary: "score 60 000 images with W5", batch: None, steps: 1 },
    Workload { id: "I3", summary: "encode one image with W1's encoder", batch: None, steps: 300 },
];
/// Made for large batches on a GPU: measured on a CPU only when asked for by name.
const GPU_ALONE: &str = "W8";
/// What is measured on a GPU unless others are asked for.
const ON_GPU: [&str; 3] = ["W2", "W5", GPU_ALONE];
/// Steps of a turn on a GPU, which are timed together.
const STEPS_ON_GPU: usize = 50;
/// Turns of each side, at least and at most.
const TURNS: [usize; 2] = [6, 40];
/// Half the width of a ratio's interval, relative to it, at which no more turns are taken.
const NARROW: f64 = 0.015;
/// Steps over which the objectives are compared.
const CURVE: usize = 200;

/// The device that the workloads were chosen for.
const FLEX: &str = "flex";

/// Who stands beside us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// PyTorch, the better of eager with a fused optimiser and torch.compile.
    Torch,
}

#[derive(Debug, Args)]
pub(crate) struct Words {
    /// Run a peer beside it
    #[arg(long)]
    peer: Option<Peer>,
    /// Only these workloads, such as W1,W5
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The peer without torch.compile, which takes a minute a workload to compile
    #[arg(long)]
    eager: bool,
    /// The peer with products in TF32, on a GPU that has it
    #[arg(long)]
    tf32: bool,
    /// Train on this device, such as cuda or vulkan; the peer on the GPU that it knows
    #[arg(long, default_value = FLEX)]
    device: String,
    /// Examples a batch, instead of the workload's own
    #[arg(long)]
    batch: Option<usize>,
    /// Our side, built elsewhere: an example program `workloads` for a machine without cargo
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// A Python that has PyTorch, instead of an environment made for it
    #[arg(long, value_name = "PATH")]
    python: Option<PathBuf>,
    /// One JSON document on stdout instead of a table
    #[arg(long)]
    json: bool,
    /// Write the table into docs/benchmarks.md
    #[arg(long)]
    write: bool,
}

/// Runs the workloads and prints what they took.
pub(crate) fn run(workspace: &Workspace, words: &Words) -> Result<(), TaskError> {
    if let Some(unknown) = words.only.iter().find(|id| WORKLOADS.iter().all(|workload| workload.id != **id)) {
        return Err(TaskError::NoWorkload { id: unknown.clone() });
    }
    let folder = words.folder(workspace);
    let mut ours = Side::start("workloads", words.ours(workspace, &folder)?)?;
    let mut peers = match words.peer {
        None => Vec::new(),
        Some(Peer::Torch) => words.torch(workspace, &folder)?,
    };
    let mut rate = 0.0_f64;
    let mut rows = Vec::new();
    for workload in WORKLOADS.iter().filter(|workload| words.asks_for(workload.id)) {
        // The fastest product of the whole run so far, by whichever side.
        rate = rate.max(ours.number("product", "multiplications_per_ms")?);
        for peer in &mut peers {
            rate = rate.max(peer.number("product", "multiplications_per_ms")?);
        }
        let row = measure(&words.asked(workload), &mut ours, &mut peers, rate)?;
        if !words.json {
            if rows.is_empty() {
                println!("{HEADER}");
            }
            println!("{}", row.words());
        }
        rows.push(row);
    }
    let memory = ours.number("memory", "peak_mib")?;
    let summary = summary(&rows, memory, rate);
    if words.json {
        println!("{}", json!({ "workloads": rows, "geometric_mean": mean_ratio(&rows) }))
    } else {
        println!("\n{summary}")
    }
    if words.write {
        let table: Vec<String> = rows.iter().map(Row::words).collect();
        let table = format!("{HEADER}\n{}\n\n{summary}\n", table.join("\n"));
        let mark = if words.is_on_gpu() { MARKS[1] } else { MARKS[0] };
        write(workspace, mark, &table)?;
    }
    Ok(())
}

impl Words {
    fn is_on_gpu(&self) -> bool {
        !matches!(self.device.as_str(), FLEX | "ndarray")
    }

    fn asks_for(&self, id: &str) -> bool {
        match self.only.is_empty() {
            false => self.only.iter().any(|asked| asked == id),
            true if self.is_on_gpu() => ON_GPU.contains(&id),
            true => id != GPU_ALONE,
        }
    }

    fn asked(&self, workload: &Workload) -> Asked {
        let summary = match workload.batch.map(|batch| self.batch.unwrap_or(batch)) {
            Some(batch) => format!("{}, batch {batch}", workload.summary),
            None => workload.summary.to_owned(),
        };
        let steps = if self.is_on_gpu() { STEPS_ON_GPU } else { workload.steps };
        Asked { id: workload.id, summary, steps }
    }

    /// Where both sides exchange weights and data.
    fn folder(&self, workspace: &Workspace) -> PathBuf {
        workspace.target().join("bench")
    }

    /// Our side, built unless it is there already.
    fn ours(&self, workspace: &Workspace, folder: &Path) -> Result<Command, TaskError> {
        let program = match &self.program {
            Some(program) => program.clone(),
            None => {
                let features = match self.device.split(':').next() {
                    Some(FLEX) | None => String::new(),
                    Some(backend) => format!(" --features autoencoder/{backend},autoencoder-cli/{backend}"),
                };
                // The same choice as the tests: a smaller one would build much of Burn once more.
                workspace
                    .cargo(&format!("build --release {CRATES} --all-targets{features}"))
                    .quiet()
                    .run()?;
                workspace.target().join("release/examples/workloads")
            }
        };
        let mut command = Command::new(program);
        command.arg(folder).arg(&self.device).args(self.batch.map(|batch| batch.to_string()));
        Ok(command)
    }

    /// PyTorch, eager and compiled, in an environment of its own under the target folder.
    fn torch(&self, workspace: &Workspace, folder: &Path) -> Result<Vec<Side>, TaskError> {
        let python = match &self.python {
            Some(python) => python.clone(),
            None => python::environment(workspace, "xtask/bench/requirements.txt")?,
        };
        let modes: &[bool] = if self.eager { &[false] } else { &[false, true] };
        let side = |&compiled: &bool| {
            let mut command = Command::new(&python);
            command.current_dir(workspace.root()).arg("xtask/bench/peer.py").arg(folder);
            command.args(compiled.then_some("--compile"));
            command.args(self.tf32.then_some("--tf32"));
            if self.is_on_gpu() {
                command.args(["--device", "cuda"]);
            }
            if let Some(batch) = self.batch {
                command.args(["--batch".to_owned(), batch.to_string()]);
            }
            Side::start("PyTorch", command)
        };
        modes.iter().map(side).collect()
    }
}

/// The medians of one workload, the sides in turn.
fn measure(asked: &Asked, ours: &mut Side, peers: &mut [Side], rate: f64) -> Result<Row, TaskError> {
    let Asked { id, steps, .. } = *asked;
    let prepared = ours.ask(&format!("prepare {id}"))?;
    let multiplications = prepared["multiplications"].as_f64().filter(|count| *count > 0.0);
    for peer in &mut *peers {
        peer.ask(&format!("prepare {id}"))?;
    }
    let curve_difference = match (id.starts_with('W'), peers.first_mut()) {
        (true, Some(peer)) => Some(difference(id, ours, peer)?),
        _ => None,
    };
    let ask = format!("steps {steps}");
    ours.ask(&ask)?;
    for peer in &mut *peers {
        peer.ask(&ask)?;
    }
    let mut turns = Turns::new(peers.len());
    let [least, most] = TURNS;
    while turns.count() < least || turns.count() < most && turns.interval().is_some_and(|half| half > NARROW)
    {
        let times = ours.numbers(&ask, "ms")?;
        let theirs = peers.iter_mut().map(|peer| peer.numbers(&ask, "ms")).collect::<Result<Vec<_>, _>>()?;
        turns.push(times, theirs);
    }
    let (ours_ms, peer_ms) = (turns.ours(), turns.best_peer().map(|(_, ms)| ms));
    Ok(Row {
        id,
        summary: asked.summary.clone(),
        ours_ms,
        peer_ms,
        ratio: peer_ms.map(|peer| peer / ours_ms),
        interval: turns.interval(),
        limit_share: multiplications.map(|count| count / rate / ours_ms),
        curve_difference,
    })
}

fn difference(id: &str, ours: &mut Side, peer: &mut Side) -> Result<f64, TaskError> {
    let ask = format!("curve {CURVE}");
    let (ours, theirs) = (ours.numbers(&ask, "losses")?, peer.numbers(&ask, "losses")?);
    let first = (ours.first(), theirs.first());
    // The same computation begins the same; only rounding, which steps may amplify, tells them apart later.
    if let (Some(a), Some(b)) = first
        && (a - b).abs() > 1e-5 * b.abs()
    {
        return Err(TaskError::Differs {
            what: format!("the objectives of {id} before the first step"),
            path: "/losses/0".to_owned(),
            left: a.to_string(),
            right: b.to_string(),
        });
    }
    Ok(ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs() / b.abs()).fold(0.0, f64::max))
}

fn summary(rows: &[Row], memory: f64, rate: f64) -> String {
    let mean =
        mean_ratio(rows).map_or(String::new(), |mean| format!("Geometric mean of the ratios: {mean:.2}. "));
    format!(
        "{mean}The limit is the time of a step's matrix products at the fastest rate measured in the same run, {:.0} \
         thousand million multiplications a second; peak memory {memory:.0} MiB. {}",
        rate / 1e6,
        processor()
    )
}

/// What the tables in docs/benchmarks.md follow: the CPU's, then a GPU's.
const MARKS: [&str; 2] = ["<!-- measured -->", "<!-- measured on a GPU -->"];
/// What they end with.
const END: &str = "<!-- end -->";

/// Puts the table between its mark and the end in docs/benchmarks.md.
fn write(workspace: &Workspace, mark: &str, table: &str) -> Result<(), TaskError> {
    let path = workspace.root().join("docs/benchmarks.md");
    let text = workspace.shell.read_file(&path)?;
    let place = text.find(mark).map(|start| start + mark.len());
    let place = place.and_then(|start| Some((start, start + text[start..].find(END)?)));
    let Some((start, end)) = place else { return Err(TaskError::NoMarks { path, mark: mark.to_owned() }) };
    workspace.shell.write_file(&path, format!("{}\n{table}{}", &text[..start], &text[end..]))?;
    Ok(())
}
