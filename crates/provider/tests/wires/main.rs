//! Wires on the kit, over an in-memory network.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod a_refused_setting_is_refused_once;
mod a_token_that_is_refused_is_renewed_once;
mod an_engine_has_settings_of_its_own;
mod failed_attempts_are_repeated_before_output;
mod indexed_blocks_are_folded;
mod replies_are_read_whatever_form_they_have;
mod requests_are_made_for_each_call;
mod support;
mod tokens_are_counted_by_the_server;
