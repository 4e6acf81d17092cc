//! Pictures in IDX.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::begin("idx", "two", b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x0212345678"),
    |bytes: &[u8]| autoencoder_fuzz::read("x-idx3-ubyte", bytes)
);
