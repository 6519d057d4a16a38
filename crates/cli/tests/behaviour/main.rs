//! Behaviour of the program, which is run as its users run it.

mod a_killed_program_loses_nothing;
mod one_prompt_one_answer;
mod outputs_are_for_people_and_for_programs;
mod sessions_are_listed_and_moved;
mod support;
mod the_prompt_comes_from_arguments_and_input;
mod tools_ask_before_they_run;
