//! The model of a checkpoint, with a right seal.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::Run::begin("checkpoint", "checkpoints/model-1.bpk"),
    |bytes: &[u8]| autoencoder_fuzz::Run::trained().checkpoint_with(bytes)
);
