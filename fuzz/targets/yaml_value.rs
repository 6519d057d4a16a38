//! YAML of models: what is read within the limits is what the parser reads without them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &str| geppetto_fuzz::yaml::check(data));
