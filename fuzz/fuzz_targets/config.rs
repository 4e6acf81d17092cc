//! The configuration of a run.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::Run::begin("config", "config.toml"),
    |bytes: &[u8]| autoencoder_fuzz::Run::trained().inspected_with("config.toml", bytes)
);
