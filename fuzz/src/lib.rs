//! The rules that the fuzz targets check for any input. Each check panics if a rule is broken.
//!
//! `docs/testing.md` describes how to run them, and what each has found.

pub mod chunks;
pub mod event;
pub mod json_lines;
pub mod printable;
pub mod replay;
pub mod settings;
pub mod sse;
pub mod turn;
pub mod yaml;
