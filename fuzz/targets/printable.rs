//! Text for terminals: it cannot control one, wherever it is split.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| geppetto_fuzz::printable::check(data));
