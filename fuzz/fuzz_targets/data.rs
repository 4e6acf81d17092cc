//! The card of the data.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::Run::begin("data", "data.json"),
    |bytes: &[u8]| autoencoder_fuzz::Run::trained().with("data.json", bytes)
);
