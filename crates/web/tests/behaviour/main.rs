//! Behaviour of the routes, over a loopback socket, one file per behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "tests"
)]

mod a_run_outlives_its_window;
mod a_slow_window_delays_nobody;
mod attacks_are_refused;
mod clients_know_messages_that_joined;
mod clients_of_agui_are_served;
mod clients_of_agui_show_the_session;
mod every_reconnection_shows_the_same;
mod generated_windows_agree;
mod pages_of_the_ai_sdk_are_served;
mod requests_do_what_they_say;
mod requests_reach_the_owner;
mod schema;
mod support;
mod the_document_is_true;
mod the_server_restarts;
mod users_see_their_own_sessions;
mod what_users_of_other_chats_reported;
