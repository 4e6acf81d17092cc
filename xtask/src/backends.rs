//! `cargo xtask backends`: a few steps on other backends, compared with flex. `ae` itself refuses a device that
//! computes wrong numbers, which fails the task as well.
//!
//! Vulkan needs a driver; without a GPU, SwiftShader is one in software. Debian's package `chromium`
//! carries it: `apt-get install chromium libvulkan1`.

use std::path::{Path, PathBuf};

use crate::ae::{Ae, compare};
use crate::error::TaskError;
use crate::workspace::Workspace;

/// Where Debian's package `chromium` puts SwiftShader.
const SWIFTSHADER: &str = "/usr/lib/chromium/vk_swiftshader_icd.json";

/// A backend, and how far its errors may be from flex's, relative to them.
struct Backend {
    name: &'static str,
    tolerance: f64,
    environment: Vec<(&'static str, PathBuf)>,
}

/// Trains four steps on each backend and compares what `ae evaluate` says on the same device.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let backends = backends();
    // One build has them all: each more would link, and partly compile, the same again.
    let features: Vec<String> =
        backends.iter().map(|backend| format!("autoencoder-cli/{}", backend.name)).collect();
    let features = features.join(",");
    workspace.cargo(&format!("build --release --workspace --exclude xtask --features {features}")).run()?;
    let folder = tempfile::tempdir().map_err(TaskError::NoTemporaryFolder)?;
    let flex = evaluation(workspace, folder.path(), "flex", Vec::new())?;
    let mut failed = Vec::new();
    for Backend { name, tolerance, environment } in backends {
        let compared = evaluation(workspace, folder.path(), name, environment)
            .and_then(|other| compare(&format!("errors on flex and on {name}"), &flex, &other, tolerance));
        match compared {
            Ok(()) => println!("backends: {name} agrees with flex within {tolerance:e}"),
            Err(error) => {
                println!("backends: {name} does not agree with flex: {error}");
                failed.push(name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(TaskError::Backends { names: failed.join(", ") }) }
}

fn backends() -> Vec<Backend> {
    let mut backends = vec![Backend { name: "ndarray", tolerance: 1e-4, environment: Vec::new() }];
    match vulkan_driver() {
        Some(driver) => {
            for name in ["wgpu", "vulkan"] {
                let environment = vec![("VK_DRIVER_FILES", driver.clone())];
                backends.push(Backend { name, tolerance: 1e-4, environment });
            }
        }
        None => println!(
            "backends: wgpu and vulkan left out: no driver at {SWIFTSHADER} and VK_DRIVER_FILES is not set; \
             apt-get install chromium libvulkan1"
        ),
    }
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
    device: &'static str,
    environment: Vec<(&'static str, PathBuf)>,
) -> Result<serde_json::Value, TaskError> {
    let ae = Ae { shell: &workspace.shell, path: workspace.ae(), environment };
    let run = folder.join(device);
    ae.train(&run, &["--device", device, "--epochs", "1", "--set", "data.examples=512"])?;
    ae.evaluate(&run, &["--device", device])
}
