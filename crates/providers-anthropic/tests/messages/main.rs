//! The engine against the scripted server, which refuses what the vendor refuses.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod histories_of_other_providers_go_on;
mod keys_and_tokens_have_their_headers;
mod paused_replies_are_continued;
mod what_the_server_refuses_is_left_out;
