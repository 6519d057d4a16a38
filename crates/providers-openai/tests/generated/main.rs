//! Generated replies on both wires, over real sockets: one description, asked for streamed and
//! whole, is the same turn and the same result.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails by panicking, as the test itself does"
)]

mod chat_replies_are_the_same_streamed_and_whole;
mod responses_replies_are_the_same_streamed_and_whole;
mod support;
