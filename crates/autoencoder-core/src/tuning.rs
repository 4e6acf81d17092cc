//! Where a GPU's kernels that were tried out are remembered.

use burn::cubecl::config::cache::CacheConfig;
use burn::cubecl::config::{CubeClRuntimeConfig, RuntimeConfig};

/// Chooses the user's cache folder for them, where every run finds them; CubeCL itself would choose the cargo project that
/// surrounds the current folder. A `cubecl.toml` that names another place is followed. Only the first call counts, and only
/// before the first device.
pub(crate) fn remember_for_the_user() {
    let mut config = CubeClRuntimeConfig::from_current_dir().override_from_env();
    if matches!(config.environment.path, CacheConfig::Target) {
        config.environment.path = CacheConfig::Global;
    }
    CubeClRuntimeConfig::try_set(config);
}
