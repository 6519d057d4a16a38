//! The chat engine against scripted servers, over real sockets and in memory; one file per
//! behaviour.

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a helper of a test fails by panicking, as the test itself does"
)]

mod a_conversation_goes_on_over_tools_and_turns;
mod a_reply_that_holds_too_much_ends_promptly;
mod a_run_ends_when_it_is_told_to;
mod broken_replies_are_errors_that_keep_what_arrived;
mod failed_attempts_are_announced_and_repeated;
mod replies_are_the_same_streamed_and_whole;
mod support;
mod what_cannot_be_read_is_replaced_and_said;
