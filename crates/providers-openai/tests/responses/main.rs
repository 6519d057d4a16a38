//! The Responses engine against the scripted server, which refuses what the real API refuses; one
//! file per behaviour.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a helper of a test fails by panicking, as the test itself does"
)]

mod a_conversation_goes_on_whatever_became_of_the_turn_before;
mod replies_are_the_same_streamed_and_whole;
mod support;
