//! Chats on real sessions with scripted engines, on a terminal in memory and a paused clock.

mod approvals;
mod commands;
mod keys;
mod long_sessions;
mod never_stuck;
mod reported_input;
mod screens;
pub(crate) mod support;
