//! The session's core under shuttle: each test is run many times, and a seeded scheduler decides
//! at every lock and atomic of [`sync`](crate::sync) which task goes on.
//!
//! `SHUTTLE_ITERATIONS` asks for more schedules than the default; `SHUTTLE_SEED` for others.

mod bench;
mod schedules;
