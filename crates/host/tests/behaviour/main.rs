//! Behaviour of a host, one file per behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod a_bad_request_hurts_no_other;
mod a_kill_at_any_write_loses_nothing;
mod a_person_decides_about_a_cut_run;
mod a_refused_turn_is_left_out;
mod a_runtime_that_shuts_down_is_a_kill;
mod a_session_is_reached_by_its_id;
mod a_session_outlives_what_goes_wrong;
mod a_shutdown_ends_everything;
mod a_store_that_stalls_or_fails_is_not_trusted;
mod any_duration_is_allowed;
mod hosts_share_the_work;
mod idle_sessions_leave_memory;
mod messages_that_join_a_run_are_stored;
mod only_prompts_create_sessions;
mod readers_miss_nothing;
mod requests_are_submitted_once;
mod support;
mod two_hosts_do_not_run_one_session;
