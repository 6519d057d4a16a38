//! Tests of the session's core under shuttle: each runs many times, and a seeded scheduler decides
//! at every lock and atomic of [`sync`](crate::sync) which task continues.
//!
//! `SHUTTLE_ITERATIONS` sets the number of schedules; `SHUTTLE_SEED` selects different ones.

mod bench;
mod joining;
mod schedules;
