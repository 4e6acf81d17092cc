//! The instruction set that passes over values run in, found at run time.

use std::sync::OnceLock;

use pulp::{Arch, NullaryFnOnce};

/// The variable that turns vector instructions off: to find out whether they are to blame, and to test that they are not.
/// The bits of a result do not depend on it, but for those of products.
const OFF: (&str, &str) = ("AUTOENCODER_SIMD", "off");

/// Runs a pass compiled for the machine's instruction set.
#[inline(always)]
pub(crate) fn vectorised<R>(pass: impl NullaryFnOnce<Output = R>) -> R {
    set().dispatch(pass)
}

/// Whether passes over values use vector instructions.
pub fn is_vectorised() -> bool {
    !matches!(set(), Arch::Scalar)
}

#[inline(always)]
fn set() -> Arch {
    if is_off() { Arch::Scalar } else { Arch::new() }
}

fn is_off() -> bool {
    static ASKED: OnceLock<bool> = OnceLock::new();
    *ASKED.get_or_init(|| std::env::var_os(OFF.0).is_some_and(|word| word == OFF.1))
}

/// The vector instructions that passes use and that kernels are chosen by, for the record: another set gives other bits of a
/// product.
pub fn instruction_set() -> &'static str {
    match (is_vectorised(), is_wide()) {
        (false, _) => "none",
        (true, true) => "AVX-512",
        (true, false) if cfg!(target_arch = "x86_64") => "AVX2",
        (true, false) => "of the architecture",
    }
}

/// Whether a vector has sixteen values and there are 32 of them, as in AVX-512.
pub(crate) fn is_wide() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        matches!(set(), Arch::V4(_))
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}
