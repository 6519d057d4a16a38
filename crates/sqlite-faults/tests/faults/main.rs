//! The store on a disk that fails.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test's helpers panic too"
)]

mod model;

mod a_failed_sync_acknowledges_nothing;
mod a_full_disk_is_an_error_that_passes;
mod it_meets_the_contract;
mod power_fails_at_any_write;
