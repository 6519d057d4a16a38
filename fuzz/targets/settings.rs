//! Files of settings: what is read has sources and gets no key of the environment.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| geppetto_fuzz::settings::check(data));
