//! The OpenAI API, over real sockets.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test's helpers panic too"
)]

mod chat_completions;
mod chat_requests;
mod responses;
mod safety;
#[allow(dead_code, reason = "shared with the other tests")]
#[path = "../behaviour/support.rs"]
mod support;
mod what_clients_of_other_servers_reported;
mod what_other_servers_get_wrong;
