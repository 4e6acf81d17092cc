//! Tensors in safetensors.

#![no_main]

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::begin("safetensors", "zeros", b"\x37\0\0\0\0\0\0\0{\"x\":{\"dtype\":\"U8\",\"shape\":[2,3],\"data_offsets\":[0,6]}}123456"),
    |bytes: &[u8]| autoencoder_fuzz::read("x.safetensors", bytes)
);
