//! Properties of generated replies and histories.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod a_grown_history_only_adds_to_the_request;
mod any_history_is_accepted;
mod replies_are_the_same_streamed_and_whole;
mod support;
