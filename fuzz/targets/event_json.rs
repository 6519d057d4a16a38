//! Lines of event logs: what was read is written back equal.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| geppetto_fuzz::event::check(data));
