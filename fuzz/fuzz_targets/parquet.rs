//! Tables in Parquet.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: {
        autoencoder_fuzz::allow_panics_of("/parquet-");
        autoencoder_fuzz::begin_with_rows("parquet");
    },
    |bytes: &[u8]| autoencoder_fuzz::read("x.parquet", bytes)
);
