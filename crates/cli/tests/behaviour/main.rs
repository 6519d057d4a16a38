//! Behaviour of the program, which is run as its users run it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod a_browser_shares_the_sessions;
mod a_chat_shares_sessions_with_ask;
mod a_killed_program_loses_nothing;
mod commands_of_the_guide_work;
mod models_of_every_provider_are_listed;
mod one_prompt_one_answer;
mod other_programs_drive_a_session;
mod outputs_are_for_people_and_for_programs;
mod prompt_files_become_commands;
mod reports_about_scripts;
mod scripts_can_rely_on_it;
mod sessions_are_listed_and_moved;
mod support;
mod the_prompt_comes_from_arguments_and_input;
mod tools_ask_before_they_run;
