//! Behaviour of the store on a private Postgres, which each run starts in a temporary folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

mod a_server_that_restarts_is_reached_again;
mod an_unknown_commit_is_found_out;
mod any_content_comes_back;
mod connections_are_encrypted_as_the_url_says;
mod defaults_of_the_database_do_not_matter;
mod errors_say_what_to_do;
mod it_meets_the_contract;
mod many_writers_of_equal_content_do_not_disturb_each_other;
mod proxy;
mod server;
mod several_programs_share_a_server;
