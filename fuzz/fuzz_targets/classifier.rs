//! The card of a classifier.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::Run::begin("classifier", "classifier/model/classifier.json"),
    |bytes: &[u8]| autoencoder_fuzz::Run::trained().classifier_with("classifier/model/classifier.json", bytes)
);
