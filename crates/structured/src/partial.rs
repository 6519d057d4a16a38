//! Readers of documents that are still growing: [`PartialJson`] and [`PartialYaml`].
//!
//! Both may stand in a Markdown code fence (three backticks), as models like to write them; the
//! fence and what follows it is left out.

mod error;
mod json;
mod yaml;

pub use error::PartialError;
pub use json::PartialJson;
pub use yaml::PartialYaml;
