//! Lines of event logs: an event that was read is written back equal.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| geppetto_fuzz::event::check(data));
