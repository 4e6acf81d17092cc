//! `cargo xtask backends`: what other backends compute, item by item beside flex in f64, and what a few steps on them come
//! to; `remote` is flex in a worker on this machine. `ae` itself refuses a device that computes wrong numbers, which fails the task as well.
//!
//! Vulkan needs a driver; without a GPU, SwiftShader is one in software, which Debian's package `chromium` carries. It
//! computes what it is given as WGSL and not all that it is given as SPIR-V. Burn's backend `vulkan` gives SPIR-V, and so does
//! `wgpu` in a build that has both.

mod conformance;
mod worker;

use std::path::{Path, PathBuf};

use crate::ae::{Ae, compare};
use crate::error::TaskError;
use crate::workspace::{CRATES, Workspace};
use worker::Worker;

/// Where Debian's package `chromium` puts SwiftShader.
const SWIFTSHADER: &str = "/usr/lib/chromium/vk_swiftshader_icd.json";

/// A backend, and how far its errors may be from flex's, relative to them.
struct Backend {
    name: &'static str,
    /// What it is called at run time.
    device: String,
    tolerance: f64,
    environment: Vec<(&'static str, PathBuf)>,
}

impl Backend {
    fn new(name: &'static str, tolerance: f64, environment: Vec<(&'static str, PathBuf)>) -> Self {
        Self { name, device: name.to_owned(), tolerance, environment }
    }

    /// What all others are compared with.
    fn flex() -> Self {
        Self::new("flex", 0.0, Vec::new())
    }
}

/// Every backend of the machine: item by item, and by what `ae evaluate` says of four steps on it.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let mut backends = others();
    // One build has them all: each more would compile, and link, much the same again.
    let features: Vec<String> = backends
        .iter()
        .flat_map(|backend| {
            [format!("autoencoder-cli/{}", backend.name), format!("autoencoder/{}", backend.name)]
        })
        .collect();
    let features = features.join(",");
    let programs = "--bin ae --example conformance";
    workspace.cargo(&format!("build --release {CRATES} {programs} --features {features}")).run()?;
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

/// Those that can be compared with it here.
fn others() -> Vec<Backend> {
    let token = vec![(worker::VARIABLE, PathBuf::from(worker::TOKEN))];
    let mut backends = vec![Backend::new("ndarray", 1e-4, Vec::new()), Backend::new("remote", 1e-4, token)];
    let Some(driver) = vulkan_driver() else {
        println!(
            "backends: wgpu and vulkan left out: no driver at {SWIFTSHADER} and VK_DRIVER_FILES is not set; \
             apt-get install chromium"
        );
        return backends;
    };
    let mut environment = vec![("VK_DRIVER_FILES", driver.clone())];
    let is_software = driver == Path::new(SWIFTSHADER);
    if is_software {
        // The package has Vulkan's loader beside its driver.
        environment.extend(driver.parent().map(|folder| ("LD_LIBRARY_PATH", folder.to_owned())));
        println!(
            "backends: vulkan left out: SwiftShader computes zeros for some products that it is given as SPIR-V; set \
             VK_DRIVER_FILES to the driver of a GPU"
        );
    }
    let names = if is_software { &["wgpu"][..] } else { &["wgpu", "vulkan"] };
    backends.extend(names.iter().map(|name| Backend::new(name, 1e-4, environment.clone())));
    backends
}

/// The description of a Vulkan driver: VK_DRIVER_FILES, else SwiftShader. Others that may be installed
/// are not tried, since Mesa's lavapipe crashes on Burn's matrix kernels.
pub(crate) fn vulkan_driver() -> Option<PathBuf> {
    let asked = std::env::var_os("VK_DRIVER_FILES").map(PathBuf::from);
    let driver = asked.unwrap_or_else(|| PathBuf::from(SWIFTSHADER));
    driver.is_file().then_some(driver)
}

fn evaluation(
    workspace: &Workspace,
    folder: &Path,
    backend: &Backend,
) -> Result<serde_json::Value, TaskError> {
    let device = backend.device.as_str();
    let ae = Ae { shell: &workspace.shell, path: workspace.ae(), environment: backend.environment.clone() };
    let run = folder.join(backend.name);
    ae.train(&run, &["--device", device, "--epochs", "1", "--set", "data.examples=512"])?;
    ae.evaluate(&run, &["--device", device])
}
