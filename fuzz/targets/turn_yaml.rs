//! Files of turns: a turn that was read is written back equal.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| geppetto_fuzz::turn::check(data));
