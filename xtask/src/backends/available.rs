//! Which backends can be compared with flex on this machine, and why others cannot.
//!
//! Vulkan needs a driver; without a GPU, SwiftShader is one in software, which Debian's package `chromium` carries. It
//! computes what it is given as WGSL and not all that it is given as SPIR-V. Burn's backend `vulkan` gives SPIR-V, and so does
//! `wgpu` in a build that has both.

use std::path::{Path, PathBuf};

use super::backend::Backend;
use super::worker;

/// Where Debian's package `chromium` puts SwiftShader.
const SWIFTSHADER: &str = "/usr/lib/chromium/vk_swiftshader_icd.json";
/// What the driver of an NVIDIA GPU shows.
const NVIDIA: &str = "/proc/driver/nvidia/version";
const TOLERANCE: f64 = 1e-4;

/// Those that can be had, and a line for each that cannot.
pub(super) fn others() -> (Vec<Backend>, Vec<String>) {
    let mut backends = vec![
        Backend::new("ndarray", TOLERANCE, Vec::new()),
        Backend::new("remote", TOLERANCE, vec![(worker::VARIABLE, PathBuf::from(worker::TOKEN))]),
    ];
    let mut missing = Vec::new();
    let mut add = |name, environment: Result<Vec<(&'static str, PathBuf)>, String>| match environment {
        Ok(environment) => backends.push(Backend::new(name, TOLERANCE, environment)),
        Err(reason) => missing.push(format!("{name} is left out: {reason}")),
    };
    add("wgpu", wgpu());
    add("vulkan", vulkan());
    let cuda = Path::new(NVIDIA).is_file();
    add("cuda", if cuda { Ok(Vec::new()) } else { Err(format!("{NVIDIA} is missing, no NVIDIA GPU")) });
    add("metal", if cfg!(target_os = "macos") { Ok(Vec::new()) } else { Err("not on macOS".to_owned()) });
    (backends, missing)
}

/// The description of a Vulkan driver: VK_DRIVER_FILES, else SwiftShader. Others that may be installed
/// are not tried, since Mesa's lavapipe crashes on Burn's matrix kernels.
fn vulkan_driver() -> Option<PathBuf> {
    let asked = std::env::var_os("VK_DRIVER_FILES").map(PathBuf::from);
    let driver = asked.unwrap_or_else(|| PathBuf::from(SWIFTSHADER));
    driver.is_file().then_some(driver)
}

fn vulkan() -> Result<Vec<(&'static str, PathBuf)>, String> {
    match driver()? {
        driver if driver == Path::new(SWIFTSHADER) => Err(
            "SwiftShader computes zeros for some products that it is given as SPIR-V; set VK_DRIVER_FILES to the driver of \
             a GPU"
                .to_owned(),
        ),
        driver => Ok(vec![("VK_DRIVER_FILES", driver)]),
    }
}

/// On macOS it needs no Vulkan.
fn wgpu() -> Result<Vec<(&'static str, PathBuf)>, String> {
    if cfg!(target_os = "macos") {
        return Ok(Vec::new());
    }
    let driver = driver()?;
    // The package has Vulkan's loader beside its driver.
    let loader = driver.parent().filter(|_| driver == Path::new(SWIFTSHADER)).map(Path::to_owned);
    let loader = loader.map(|folder| ("LD_LIBRARY_PATH", folder));
    Ok(std::iter::once(("VK_DRIVER_FILES", driver)).chain(loader).collect())
}

fn driver() -> Result<PathBuf, String> {
    vulkan_driver().ok_or_else(|| {
        format!("no driver at {SWIFTSHADER} and VK_DRIVER_FILES is not set; apt-get install chromium")
    })
}
