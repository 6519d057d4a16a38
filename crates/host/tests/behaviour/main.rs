//! Behaviour of a host, one file per behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod a_kill_at_any_write_loses_nothing;
mod a_session_is_reached_by_its_id;
mod support;
