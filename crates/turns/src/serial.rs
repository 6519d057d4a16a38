//! Turns as YAML and JSON, in the shape that geppetto writes.
//!
//! Both formats have one shape; see [`Turn::from_yaml`](crate::Turn::from_yaml) and its siblings. Reading accepts all
//! that geppetto wrote in any version; writing leaves empty fields out, except `kind` and
//! `blocks`. What this crate does not know (kinds, payload keys, metadata, data, document keys)
//! goes through unchanged.

mod block;
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

pub use error::FormatError;
pub use fixture::{Document, Fixture};
pub use json::{json_string, json_value};
pub use yaml::{MAX_YAML_DEPTH, MAX_YAML_DIRECTIVES, yaml_string, yaml_value};

pub(crate) use fields::{AsMap, Fields, type_name};
