//! Pictures.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::begin_with_picture("picture"),
    |bytes: &[u8]| autoencoder_fuzz::read("p.png", bytes)
);
