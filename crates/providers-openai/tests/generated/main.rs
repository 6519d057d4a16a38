//! Properties of generated replies, of their chunks, and of the histories that grow from them.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test fails by panicking, as the test itself does"
)]

mod a_grown_history_only_adds_to_the_request;
mod chat_replies_are_the_same_streamed_and_whole;
mod chunks_do_not_change_what_a_reply_is;
mod responses_replies_are_the_same_streamed_and_whole;
mod schemas_are_sent_as_servers_take_them;
mod support;
