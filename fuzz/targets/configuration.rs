#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| onsale::config::door(data));
