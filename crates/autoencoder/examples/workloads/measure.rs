//! Times and rates.

use std::time::Instant;

use autoencoder::kernels::is_flex;
use burn::tensor::{Device, Distribution, Tensor};

use crate::Outcome;

/// The milliseconds of `f`.
pub(crate) fn milliseconds(f: impl FnOnce()) -> f64 {
    let began = Instant::now();
    f();
    began.elapsed().as_secs_f64() * 1e3
}

/// Multiplications a millisecond of a large matrix product, the best of some.
pub(crate) fn product_rate(device: &Device) -> Outcome<f64> {
    let size: usize = if is_flex(device) { 1536 } else { 8192 };
    let normal = || Tensor::<2>::random([size, size], Distribution::Default, device);
    let (a, b) = (normal(), normal());
    let mut best = f64::INFINITY;
    for _ in 0..8 {
        device.sync()?;
        let mut outcome = Ok(());
        best = best.min(milliseconds(|| {
            std::hint::black_box(a.clone().matmul(b.clone()));
            outcome = device.sync();
        }));
        outcome?;
    }
    Ok((size * size * size) as f64 / best)
}

/// The most memory this process has held, in MiB; `None` where the system does not say.
pub(crate) fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}
