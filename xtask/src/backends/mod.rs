//! `cargo xtask backends`: what other backends compute, item by item beside flex in f64, and what a few steps on them come
//! to; `remote` is flex in a worker on this machine. `ae` itself refuses a device that computes wrong numbers, which fails
//! the task as well.

mod available;
mod backend;
mod conformance;
mod worker;

use std::path::Path;

use crate::ae::{Ae, compare};
use crate::error::TaskError;
use crate::workspace::{CRATES, Workspace};
use backend::Backend;
use worker::Worker;

/// Every backend of the machine: two workers beside one device, then each backend item by item, and by what `ae train` says
/// of four steps on it.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let (mut backends, missing) = available::others();
    missing.iter().for_each(|line| println!("backends: {line}"));
    // One build has them all: each more would compile, and link, much the same again.
    let features: Vec<String> = backends
        .iter()
        .flat_map(|backend| {
            [format!("autoencoder-cli/{}", backend.name), format!("autoencoder/{}", backend.name)]
        })
        .collect();
    let features = format!("--release {CRATES} --features {}", features.join(","));
    workspace.cargo(&format!("build {features} --bin ae --example conformance")).run()?;
    workspace.cargo(&format!("test {features} --test worker")).run()?;
    let worker = Worker::start(&workspace.ae())?;
    if let Some(remote) = backends.iter_mut().find(|backend| backend.name == "remote") {
        remote.device.clone_from(&worker.device);
    }
    let all: Vec<Backend> = std::iter::once(Backend::flex()).chain(backends).collect();
    let items = items(workspace, &all);
    let trainings = trainings(workspace, &all);
    items.and(trainings)
}

/// Flex alone in f32, whose kernels are fused, beside f64, where they are composed: with the build that the tests use.
pub(crate) fn flex(workspace: &Workspace) -> Result<(), TaskError> {
    workspace.build()?;
    items(workspace, &[Backend::flex()])
}

fn items(workspace: &Workspace, backends: &[Backend]) -> Result<(), TaskError> {
    let program = workspace.target().join("release/examples/conformance");
    let table = conformance::table(&program, backends)
        .map_err(|message| TaskError::Side { name: "conformance", message })?;
    table.lines.iter().for_each(|line| println!("{line}"));
    if table.failed.is_empty() { Ok(()) } else { Err(TaskError::Backends { names: table.failed.join(", ") }) }
}

/// Trains four steps on each and compares errors with those of the first.
fn trainings(workspace: &Workspace, backends: &[Backend]) -> Result<(), TaskError> {
    let folder = tempfile::tempdir().map_err(TaskError::NoTemporaryFolder)?;
    let Some((first, others)) = backends.split_first() else { return Ok(()) };
    let reference = evaluation(workspace, folder.path(), first)?;
    let mut failed = Vec::new();
    for backend in others {
        let Backend { name, tolerance, .. } = backend;
        let compared = evaluation(workspace, folder.path(), backend).and_then(|other| {
            compare(&format!("errors on flex and on {name}"), &reference, &other, *tolerance)
        });
        match compared {
            Ok(()) => println!("backends: {name} agrees with flex within {tolerance:e}"),
            Err(error) => {
                println!("backends: {name} does not agree with flex: {error}");
                failed.push(*name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(TaskError::Backends { names: failed.join(", ") }) }
}

/// What `ae train` says of a small network after four steps on the backend.
fn evaluation(
    workspace: &Workspace,
    folder: &Path,
    backend: &Backend,
) -> Result<serde_json::Value, TaskError> {
    let ae = Ae { shell: &workspace.shell, path: workspace.ae(), environment: backend.environment.clone() };
    let sizes = ["data.examples=512", "model.hidden=[64]", "model.code=16"];
    let sizes = sizes.iter().flat_map(|size| ["--set", size]);
    let words = ["--device", &backend.device, "--epochs", "1"].into_iter().chain(sizes);
    let mut answer = ae.train(&folder.join(backend.name), &words.collect::<Vec<_>>())?;
    Ok(answer["evaluation"].take())
}
