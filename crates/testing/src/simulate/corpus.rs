//! The runs that the project simulates itself.
//!
//! They are what an application does with a session, on both wires and without one: text,
//! reasoning, tools in all their kinds, pauses, retries, replies that break off, and parts that
//! are slow, deaf, or broken.

use super::{Case, Setup, SetupError, World};

mod replies;
mod runs;
mod tools;
mod waiting;

/// The cases whose streams may break off: tool loops of up to five rounds.
#[must_use]
pub fn loops() -> Vec<Case> {
    runs::loops()
}

/// All cases.
#[must_use]
pub fn cases() -> Vec<Case> {
    runs::cases()
}
