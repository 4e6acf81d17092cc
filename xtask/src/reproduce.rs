//! `cargo xtask reproduce`: tables of published results beside ours, into docs/results.

use clap::{Args, ValueEnum};
use xshell::cmd;

use crate::error::TaskError;
use crate::python;
use crate::workspace::{CRATES, Workspace};

/// What is reproduced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Table {
    /// Anomaly detection on tables, one recipe for all
    Anomaly,
}

/// Who stands beside us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Peer {
    /// PyOD's AutoEncoder at its defaults
    Pyod,
}

#[derive(Debug, Args)]
pub(crate) struct Words {
    /// Which table
    table: Table,
    /// Run a peer beside it
    #[arg(long)]
    peer: Option<Peer>,
    /// One seed instead of five, and nothing is written
    #[arg(long)]
    quick: bool,
}

/// Trains what a table needs, prints it and writes it into docs/results.
pub(crate) fn run(workspace: &Workspace, words: &Words) -> Result<(), TaskError> {
    let Words { table: Table::Anomaly, peer, quick } = words;
    let data = std::env::var_os("AUTOENCODER_DATA").map(|path| std::path::Path::new(&path).join("anomaly"));
    let Some(data) = data.filter(|path| path.is_dir()) else { return Err(TaskError::NoAnomalyData) };
    workspace.cargo(&format!("build --release {CRATES} --bins")).run()?;
    let (requirements, peer) = match peer {
        Some(Peer::Pyod) => ("xtask/reproduce/requirements-pyod.txt", Some("pyod")),
        None => ("xtask/reproduce/requirements.txt", None),
    };
    let python = python::environment(workspace, requirements)?;
    let (program, seeds) = (workspace.ae(), if *quick { "1" } else { "5" });
    let shell = &workspace.shell;
    let table =
        cmd!(shell, "{python} xtask/reproduce/anomaly.py {program} {data} {seeds} {peer...}").read()?;
    println!("{table}");
    if !quick {
        shell.write_file(workspace.root().join("docs/results/anomaly.md"), page(&table, peer))?;
    }
    Ok(())
}

fn page(table: &str, peer: Option<&str>) -> String {
    let peer = peer.map_or(String::new(), |peer| format!(" --peer {peer}"));
    format!(
        "# Anomaly detection on tables\n\n    cargo xtask reproduce anomaly{peer}\n\nEach set is learned from half of its normal \
         rows by `ae train anomaly --data train.npy`, no label seen; the other half and the anomalies are scored by `ae \
         score`. AUROC, mean and standard deviation over five seeds, each of which draws another half. PCA has as many \
         components as the code has units, at most half the columns. The sets are those of ADBench (Han et al. 2022).\n\n\
         {table}\n"
    )
}
