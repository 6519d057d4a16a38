//! YAML and JSON representation of turns, compatible with geppetto.
//!
//! Both formats have the same structure; see [`Turn::from_yaml`](crate::Turn::from_yaml) and its
//! siblings. Reading accepts the output of every geppetto version. Writing omits empty fields,
//! except `kind` and `blocks`. Unknown kinds, payload keys, metadata, data and document keys are
//! preserved.

mod block;
mod depth;
mod error;
mod fields;
mod fixture;
mod json;
mod surrogates;
mod turn;
mod value;
mod yaml;

#[cfg(test)]
mod tests;

pub use depth::{MAX_JSON_DEPTH, from_json_str, limit_json_depth};
pub use error::FormatError;
pub use fixture::{Document, Fixture};
pub use json::{json_string, json_value};
pub use yaml::{
    MAX_YAML_DEPTH, MAX_YAML_DIRECTIVES, YamlLines, yaml_string, yaml_value, yaml_value_with_lines,
};

pub(crate) use depth::is_deeper;
pub(crate) use fields::{AsMap, Fields, type_name};
