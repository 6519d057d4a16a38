//! Isolation of panics in foreign code, provided by the engine crate.

pub(crate) use geppetto_engine::isolate::{Isolated, call, journaled, panicked, wait};
