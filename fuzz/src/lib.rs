//! What the fuzz targets hold any input to. Each check panics where a rule is broken.
//!
//! How to run them, and what each found: `docs/testing.md`.

pub mod chunks;
pub mod event;
pub mod printable;
pub mod replay;
pub mod sse;
pub mod turn;
pub mod yaml;
