//! YAML from models: a value read within the limits equals the parser's value without them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| geppetto_fuzz::yaml::check(data));
