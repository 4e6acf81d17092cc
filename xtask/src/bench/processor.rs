//! The processor that was measured on, as far as the system says.

use std::fs::read_to_string;

/// Its name, family, vector instructions and caches, in a sentence; empty where the system says nothing.
pub(super) fn processor() -> String {
    let Ok(text) = read_to_string("/proc/cpuinfo") else { return String::new() };
    let caches = (0..8).filter_map(|index| {
        let of = |name: &str| {
            let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/{name}");
            read_to_string(path).ok().map(|text| text.trim().to_owned())
        };
        (of("type")? != "Instruction").then(|| of("size")).flatten()
    });
    sentence(&text, &caches.collect::<Vec<_>>())
}

fn sentence(cpuinfo: &str, caches: &[String]) -> String {
    let field = |name: &str| {
        let lines = cpuinfo.lines().filter_map(|line| line.split_once(':'));
        lines.into_iter().find(|(key, _)| key.trim() == name).map_or("?", |(_, value)| value.trim())
    };
    let cores = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    let flags: Vec<&str> = field("flags").split_whitespace().collect();
    let known = [("avx2", "AVX2"), ("avx512f", "AVX-512")];
    let vectors: Vec<&str> =
        known.iter().filter(|(flag, _)| flags.contains(flag)).map(|(_, name)| *name).collect();
    format!(
        "Processor: {cores} cores of {} (family {}, model {}), {}, caches {}.",
        field("model name"),
        field("cpu family"),
        field("model"),
        if vectors.is_empty() { "no vectors known".to_owned() } else { vectors.join(" and ") },
        if caches.is_empty() { "unknown".to_owned() } else { caches.join(", ") }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_processor_is_what_the_system_says() {
        let text = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\nflags\t\t: sse avx2\nprocessor\t: 1\n";
        assert_eq!(
            sentence(text, &["32K".to_owned(), "512K".to_owned()]),
            "Processor: 2 cores of AMD EPYC (family 25, model 1), AVX2, caches 32K, 512K."
        );
        assert!(sentence("", &[]).contains("no vectors known"));
    }
}
