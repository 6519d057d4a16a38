//! Text for terminals: nothing in it controls one, wherever it was cut.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| geppetto_fuzz::printable::check(data));
