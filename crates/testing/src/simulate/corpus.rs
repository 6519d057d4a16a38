//! Runs that the project simulates itself.
//!
//! They cover what an application does with a session, on both wires and without one: text,
//! reasoning, tools of all kinds, pauses, retries, replies that break off, and components that are
//! slow, deaf, or broken.

use super::{Case, Setup, SetupError, World};

mod replies;
mod runs;
mod tools;
mod waiting;

/// Returns the cases whose streams may break off: tool loops of up to five rounds.
#[must_use]
pub fn loops() -> Vec<Case> {
    runs::loops()
}

/// Returns all cases.
#[must_use]
pub fn cases() -> Vec<Case> {
    runs::cases()
}
