//! Behaviour of the store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

mod folder;

mod a_dropped_future_leaves_nothing_half_done;
mod a_killed_process_loses_nothing;
mod a_long_read_delays_no_write;
mod a_runtime_that_shuts_down_stores_the_turn;
mod a_store_is_copied_and_shrunk;
mod any_content_comes_back;
mod files_are_private_and_errors_say_what_to_do;
mod it_meets_the_contract;
mod many_users_of_one_file_do_not_disturb_each_other;
mod older_files_open;
mod processes_share_a_file;
mod the_path_means_one_file;
mod turn_stores_of_pinocchio_are_imported;
mod values_of_any_depth_do_not_lock_a_session;
