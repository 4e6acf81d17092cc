//! NPZ archives.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::begin("npz", "stored", &autoencoder_fuzz::archive()),
    |bytes: &[u8]| autoencoder_fuzz::read("x.npz", bytes)
);
