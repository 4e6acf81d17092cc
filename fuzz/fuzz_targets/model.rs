//! The card of a model.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::Run::begin("model", "model/model.json"),
    |bytes: &[u8]| autoencoder_fuzz::Run::trained().with("model/model.json", bytes)
);
