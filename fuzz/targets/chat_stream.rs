//! Bytes of a reply of the Chat Completions wire.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| geppetto_fuzz::replay::check(
    geppetto_fuzz::replay::Wire::Chat,
    data
));
