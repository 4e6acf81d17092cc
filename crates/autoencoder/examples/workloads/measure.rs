//! Times and rates.

use std::time::Instant;

use burn::tensor::{Device, Distribution, Tensor};

/// The milliseconds of `f`.
pub(crate) fn milliseconds(f: impl FnOnce()) -> f64 {
    let began = Instant::now();
    f();
    began.elapsed().as_secs_f64() * 1e3
}

/// Multiplications a millisecond of a large matrix product, the best of some.
pub(crate) fn product_rate() -> f64 {
    const SIZE: usize = 1536;
    let normal = || Tensor::<2>::random([SIZE, SIZE], Distribution::Default, &Device::flex());
    let (a, b) = (normal(), normal());
    let best = (0..8)
        .map(|_| {
            milliseconds(|| {
                std::hint::black_box(a.clone().matmul(b.clone()).into_data());
            })
        })
        .fold(f64::INFINITY, f64::min);
    (SIZE * SIZE * SIZE) as f64 / best
}

/// The most memory this process has held, in MiB; `None` where the system does not say.
pub(crate) fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}
