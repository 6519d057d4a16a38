//! Properties of generated replies, and of the histories that grow from them.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails by panicking, as the test itself does"
)]

mod a_grown_history_only_adds_to_the_request;
mod replies_are_the_same_streamed_and_whole;
