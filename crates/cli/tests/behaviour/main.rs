//! Behaviour of the program, which is run as its users run it.

mod one_prompt_one_answer;
mod outputs_are_for_people_and_for_programs;
mod support;
mod the_prompt_comes_from_arguments_and_input;
