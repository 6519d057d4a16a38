//! Bytes of a reply of the Responses wire.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| geppetto_fuzz::replay::check(
    geppetto_fuzz::replay::Wire::Responses,
    data
));
