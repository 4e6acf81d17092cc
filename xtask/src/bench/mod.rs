//! `cargo xtask bench`: the workloads of docs/benchmarks.md, alone or beside PyTorch.
//!
//! Both sides are programs that are asked in turn, so that what else the machine does meets both alike. They
//! start from the same weights and see the same data in the same order; their objectives over 200 steps are
//! compared, so that speed is never bought with another computation.

mod side;
mod table;

use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::error::TaskError;
use crate::python;
use crate::workspace::{CRATES, Workspace};
use side::Side;
use table::{HEADER, Row, mean_ratio, median};

/// A workload and how many steps a turn has.
struct Workload {
    id: &'static str,
    summary: &'static str,
    steps: usize,
}

const WORKLOADS: [Workload; 11] = [
    Workload { id: "W1", summary: "dense 784-128-64, squared error on a sigmoid, batch 128", steps: 100 },
    Workload { id: "W2", summary: "dense 784-256-32, cross-entropy, batch 128", steps: 80 },
    Workload { id: "W3", summary: "one tied layer of 1000, masking, SGD, batch 20", steps: 80 },
    Workload { id: "W4", summary: "overcomplete 784-2048, L1, batch 256", steps: 12 },
    Workload { id: "W5", summary: "deep 784-1000-500-250-30, batch 512", steps: 8 },
    Workload { id: "W6", summary: "convolutional 1-16-32, dense 64, batch 128", steps: 16 },
    Workload { id: "W7", summary: "one tied layer of 1000, contractive, batch 100", steps: 30 },
    Workload { id: "W9", summary: "variational 784-400-20, batch 128", steps: 50 },
    Workload { id: "I1", summary: "encode 60 000 images with W5's encoder", steps: 1 },
    Workload { id: "I2", summary: "score 60 000 images with W5", steps: 1 },
    Workload { id: "I3", summary: "encode one image with W1's encoder", steps: 300 },
];
/// Turns of each side.
const TURNS: usize = 6;
/// Steps over which the objectives are compared.
const CURVE: usize = 200;

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
    // The same choice as the tests: a smaller one would build much of Burn once more.
    workspace.cargo(&format!("build --release {CRATES} --all-targets")).quiet().run()?;
    let folder = workspace.target().join("bench");
    let mut ours =
        Side::start("workloads", command(workspace.target().join("release/examples/workloads"), &folder))?;
    let mut peers = match words.peer {
        None => Vec::new(),
        Some(Peer::Torch) => torch(workspace, &folder, words.eager)?,
    };
    let mut rate = 0.0_f64;
    let asked = |workload: &&Workload| words.only.is_empty() || words.only.iter().any(|id| id == workload.id);
    let mut rows = Vec::new();
    for workload in WORKLOADS.iter().filter(asked) {
        // The fastest product of the whole run so far, by whichever side.
        rate = rate.max(ours.number("product", "multiplications_per_ms")?);
        for peer in &mut peers {
            rate = rate.max(peer.number("product", "multiplications_per_ms")?);
        }
        let row = measure(workload, &mut ours, &mut peers, rate)?;
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
    match words.json {
        true => println!("{}", json!({ "workloads": rows, "geometric_mean": mean_ratio(&rows) })),
        false => println!("\n{summary}"),
    }
    if words.write {
        let table: Vec<String> = rows.iter().map(Row::words).collect();
        write(workspace, &format!("{HEADER}\n{}\n\n{summary}\n", table.join("\n")))?;
    }
    Ok(())
}

fn command(program: PathBuf, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg(folder);
    command
}

/// PyTorch, eager and compiled, in an environment of its own under the target folder.
fn torch(workspace: &Workspace, folder: &Path, eager: bool) -> Result<Vec<Side>, TaskError> {
    let python = python::environment(workspace, "xtask/bench/requirements.txt")?;
    let script = "xtask/bench/peer.py";
    let modes: &[&str] = if eager { &["eager"] } else { &["eager", "compile"] };
    modes
        .iter()
        .map(|mode| {
            let mut command = Command::new(&python);
            command.current_dir(workspace.root()).arg(script).arg(folder).arg(mode);
            Side::start("PyTorch", command)
        })
        .collect()
}

/// The medians of one workload, the sides in turn.
fn measure(workload: &Workload, ours: &mut Side, peers: &mut [Side], rate: f64) -> Result<Row, TaskError> {
    let &Workload { id, summary, steps } = workload;
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
    let mut times = Vec::new();
    let mut theirs = vec![Vec::new(); peers.len()];
    for _ in 0..TURNS {
        times.extend(ours.numbers(&ask, "ms")?);
        for (peer, times) in peers.iter_mut().zip(&mut theirs) {
            times.extend(peer.numbers(&ask, "ms")?);
        }
    }
    let ours_ms = median(times);
    let peer_ms = theirs.into_iter().map(median).reduce(f64::min);
    Ok(Row {
        id,
        summary,
        ours_ms,
        peer_ms,
        ratio: peer_ms.map(|peer| peer / ours_ms),
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
         thousand million multiplications a second; peak memory {memory:.0} MiB.",
        rate / 1e6
    )
}

/// Puts the table between its marks in docs/benchmarks.md.
fn write(workspace: &Workspace, table: &str) -> Result<(), TaskError> {
    const MARKS: [&str; 2] = ["<!-- measured -->", "<!-- end -->"];
    let path = workspace.root().join("docs/benchmarks.md");
    let text = workspace.shell.read_file(&path)?;
    let places = (text.find(MARKS[0]), text.find(MARKS[1]));
    let (Some(start), Some(end)) = places else { return Err(TaskError::NoMarks { path }) };
    let start = start + MARKS[0].len();
    workspace.shell.write_file(&path, format!("{}\n{table}{}", &text[..start], &text[end..]))?;
    Ok(())
}
