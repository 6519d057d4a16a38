//! Other people's code, whose panics stay where they are: what the engine's crate has for it.

pub(crate) use geppetto_engine::isolate::{Isolated, call, journaled, panicked, wait};
