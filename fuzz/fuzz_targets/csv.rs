//! Text tables.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::begin_with_rows("csv"),
    |bytes: &[u8]| autoencoder_fuzz::read("x.csv", bytes)
);
