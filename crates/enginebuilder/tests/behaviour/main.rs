//! Behaviour of runs that the builder composes, one file per behaviour.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's helpers panic too"
)]

mod a_client_runs_its_own_tools;
mod a_correction_is_sent_as_the_wires_take_it;
mod a_journal_that_hangs_ends_its_run;
mod a_prompt_counts_when_it_is_recorded;
mod a_run_that_is_fenced_off_stores_nothing;
mod a_runtime_that_shuts_down_says_what_is_not_stored;
mod a_single_pass_names_who_ended_it;
mod an_agent_inside_of_a_tool_ends_with_the_tool;
mod bad_input_changes_nothing;
mod every_run_is_stored_before_it_is_over;
mod everything_composes;
mod limits_hold_for_all_runs_of_a_session;
mod limits_keep_all_work;
mod one_budget_bounds_all_requests;
mod parts_are_given_alike_and_extensions_reach_them;
mod what_a_turn_brings_along_orders_nothing;
