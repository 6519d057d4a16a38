//! Bytes of an event stream: the same events as the specification says, however they are cut.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| geppetto_fuzz::sse::check(data));
