//! Bytes of newline-delimited JSON: the values are the objects of its lines, however the bytes are
//! split.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| geppetto_fuzz::json_lines::check(data));
