//! The help desk's tests, from the cheapest to the most realistic.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

mod answers_come_from_the_orders;
mod customers_hear_of_no_failure;
mod it_speaks_to_a_real_provider;
mod the_program_prints_the_answers;
