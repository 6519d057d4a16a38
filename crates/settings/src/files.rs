//! Configuration files: their places and contents.
//!
//! A document is parsed by its structure, key by key: `app`, `profile` and `profiles` are those of
//! today's pinocchio (`head`), maps named like sections those of January 2026 (`january`), flags at
//! the top level those of earlier versions (`flat`), and `inference_settings` is the library's own
//! addition (`own`).

mod document;
mod flat;
mod head;
mod january;
mod node;
mod own;
mod paths;
mod plan;
mod reading;
mod toml;
mod yaml;

#[cfg(test)]
mod tests;

pub(crate) use document::{read_config, read_settings, settings_of};
pub(crate) use node::{Node, Shape};
pub(crate) use paths::expand;
pub use plan::Plan;
pub(crate) use plan::{Trust, profile_files};
pub use reading::MAX_FILE_BYTES;
pub(crate) use reading::{File, load_named, look_for, parse};
