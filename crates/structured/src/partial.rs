//! Parsers of incomplete documents: [`PartialJson`] and [`PartialYaml`].
//!
//! Both accept a document in a Markdown code fence (three backticks), which models often add; the
//! fence and any text after it are ignored.

mod error;
mod json;
mod yaml;

pub use error::PartialError;
pub use json::PartialJson;
pub use yaml::PartialYaml;
