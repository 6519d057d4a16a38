//! Isolation of panics in foreign code, from the engine's crate.

pub(crate) use geppetto_engine::isolate::{Isolated, call, journaled, panicked, wait};
