//! The history of a training.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::Run::begin("metrics", "metrics.jsonl"),
    |bytes: &[u8]| autoencoder_fuzz::Run::trained().inspected_with("metrics.jsonl", bytes)
);
