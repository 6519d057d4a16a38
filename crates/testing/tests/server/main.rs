//! The scripted provider server, as seen by its clients: each module is one behaviour, and each
//! test uses a real socket.

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a helper of a test fails by panicking, as the test itself does"
)]

mod client;

mod a_paused_clock_does_not_leap_over_bytes_in_flight;
mod an_ordinary_http_client_understands_the_server;
mod chat_replies_are_streamed_or_sent_whole;
mod clients_that_leave_are_noticed;
mod connections_are_kept_alive_and_closed;
mod every_request_is_kept_for_the_test;
mod faults_hit_the_byte_they_name;
mod replies_follow_the_script;
mod replies_wait_where_they_are_told;
mod requests_that_a_provider_refuses_are_refused;
mod responses_replies_are_streamed_or_sent_whole;
mod responses_requests_are_validated_and_counted;
mod responses_streams_have_the_shape_of_recorded_ones;
mod the_demo_provider_behaves_like_a_small_model;
mod the_demo_provider_speaks_responses;
