//! The card of a scorer.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::Run::begin("scorer", "model/scorer.json"),
    |bytes: &[u8]| autoencoder_fuzz::Run::trained().with("model/scorer.json", bytes)
);
