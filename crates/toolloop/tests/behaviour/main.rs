//! Behaviour of a run of the tool loop, one file per behaviour.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod a_broken_stream_is_sampled_again;
mod a_cancel_ends_the_run_at_once;
mod a_dropped_run_leaves_a_valid_history;
mod a_failed_tool_disturbs_no_other;
mod a_paused_reply_is_continued;
mod a_tool_is_told_before_it_is_dropped;
mod abort_ends_the_run;
mod an_answer_that_does_not_fit_is_asked_for_again;
mod an_output_is_more_than_a_text;
mod arguments_are_checked_before_the_tool_runs;
mod calls_wait_for_a_person;
mod exclusive_tools_run_alone;
mod hooks_decide_about_each_call;
mod inner_work_is_not_the_run;
mod limits_are_outcomes;
mod odd_replies_do_no_harm;
mod only_what_a_reply_requested_is_run;
mod outputs_are_cut_and_secrets_masked;
mod panics_name_their_culprit;
mod results_keep_the_order_of_the_calls;
mod retries_repeat_only_what_failed;
mod runs_pause_between_steps;
mod support;
mod the_clock_stops_for_people;
mod the_configuration_is_the_applications;
mod the_journal_sees_each_step;
mod tools_that_block_delay_nobody;
mod tools_wait_for_a_person;
mod waiting_for_a_person_holds_no_place;
