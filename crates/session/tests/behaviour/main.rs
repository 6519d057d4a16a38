//! Behaviour of a session, one file per behaviour.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test's helpers panic too"
)]

mod a_panicking_id_source_ends_one_run_at_most;
mod a_paused_queue_keeps_what_waits;
mod a_prompt_is_acknowledged_once_recorded;
mod a_question_outlives_what_happens_meanwhile;
mod a_recorder_records_every_run;
mod a_refusal_is_an_error_with_its_words;
mod a_run_can_be_read_however_late;
mod a_run_can_wait;
mod a_run_has_options_of_its_own;
mod a_run_shows_what_was_added_before_it;
mod a_session_behaves_like_its_model;
mod a_session_shares_its_history;
mod an_error_tells_its_cause_once;
mod an_inner_session_ends_with_its_parent;
mod answers_are_values;
mod calls_wait_for_a_person;
mod every_outcome_says_what_the_run_took;
mod joining_at_any_event_shows_it_all;
mod joining_prompts_are_not_lost;
mod long_queues_come_to_their_end;
mod messages_that_join_are_recorded;
mod never_two_active_never_a_lost_handle;
mod one_prompt_may_follow_a_terminal_event;
mod panics_end_no_more_than_their_run;
mod prompts_join_the_running_inference;
mod prompts_that_come_while_busy_queue_or_replace;
mod the_end_of_a_run_outlives_a_question;
mod the_events_of_a_run_are_a_stream;
mod the_last_prompt_can_be_asked_again;
mod the_next_prompt_always_works;
mod threads_without_a_runtime_submit_and_wait;
mod tools_wait_for_a_person;
mod what_was_not_stored_is_told;
