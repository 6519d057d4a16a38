//! [`Export`] and [`Import`]: a session as JSON lines, and a turn as geppetto's YAML.

mod export;
mod import;
mod line;

pub use export::{Export, export_yaml};
pub use import::{Import, MAX_ARCHIVE_BYTES};
