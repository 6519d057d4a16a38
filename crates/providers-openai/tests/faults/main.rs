//! The fault matrix: the outcome of every fault, on every wire, streamed and in a single body, over
//! real sockets with the default settings. The clock is paused, so delays take no time and are
//! exact.
//!
//! The table is data, in `table/`; `docs/faults.md` shows the same table.

#![allow(
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a helper of a test fails by panicking, as the test itself does"
)]

mod a_huge_reply_is_not_read_to_its_end;
mod a_retry_storm_stays_within_the_budget;
mod cell;
mod docs;
mod every_cell_is_as_the_table_says;
mod expect;
mod lab;
mod places;
mod table;
mod the_wait_before_a_retry_grows;
mod what_failed_once_is_made_good_by_the_next_attempt;
mod wire;
