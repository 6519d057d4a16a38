//! Bytes of an event stream: the events are those of the specification, however the bytes are
//! split.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| geppetto_fuzz::sse::check(data));
