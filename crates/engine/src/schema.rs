//! JSON schemas in the form accepted by servers, and validation of values.
//!
//! Every schema of a tool or of an output format is converted here before it is sent, whether it is
//! derived from a Rust type, written by hand, or received from a tool server. The application's
//! original is kept: arguments are validated against it.
//!
//! - [`lenient`] adds keywords that servers require, without changing the meaning of the schema.
//! - [`strict`] rewrites a schema into the subset accepted by OpenAI's strict mode, or reports the
//!   part for which that is impossible.
//!
//! [`check`] and [`fit`] validate received values: arguments of tools, and answers. [`unquote`] reads
//! values that arrive as text.
//!
//! With the feature `schemars`, [`of_type`] returns the schema of a Rust type.

use std::{error::Error, fmt};

use serde_json::{Map, Value};

mod check;
mod lenient;
mod merge;
mod mismatch;
mod nulls;
mod numbers;
#[cfg(feature = "schemars")]
mod of_type;
mod quoted;
mod refs;
mod strict;

#[cfg(test)]
mod tests;

pub use check::{check, fit};
pub use mismatch::{Mismatch, Problem};
#[cfg(feature = "schemars")]
pub use of_type::of_type;
#[cfg(feature = "schemars")]
pub(crate) use of_type::{is_object, name_of, wrapped};
pub use quoted::unquote;

/// Name of the property that wraps a value other than an object, because servers accept only
/// objects as answers.
pub const WRAPPER: &str = "value";

/// Maximum nesting depth of a schema. `serde_json` reads 128 levels.
const MAX_DEPTH: usize = 64;

/// Maximum number of subschemas of a converted schema. References multiply when they are resolved,
/// so that a short schema could otherwise grow to gigabytes.
const MAX_NODES: usize = 20_000;

/// Error of a schema that cannot be converted: the part, and how to correct it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SchemaError {
    path: String,
    message: String,
}

impl SchemaError {
    fn new(path: &[String], message: impl Into<String>) -> Self {
        let mut text = "$".to_owned();
        for step in path {
            text.push('.');
            text.push_str(step);
        }
        Self {
            path: text,
            message: message.into(),
        }
    }

    /// Returns the part of the schema, as a path from its root: `$.properties.when.items`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "at `{}`: {}", self.path, self.message)
    }
}

impl Error for SchemaError {}

/// Converts a schema to that of an object, in the form accepted by every server: with
/// `"type": "object"` and `properties`, without combinations (`anyOf`, `allOf`, `$ref`, ...) at the
/// root, and with `items` for every array.
///
/// Alternatives at the root become one object with the properties of all of them. `null`, `{}` and
/// `true` become an object without properties.
///
/// Source: OpenAI responds with status 400 to functions with other schemas ("object schema missing
/// properties", "array schema missing items", "schema must have type 'object' and not have
/// 'oneOf'/'anyOf'/ 'allOf'/'enum'/'not' at the top level").
///
/// # Errors
///
/// If the root cannot be an object, or a reference at the root cannot be resolved.
pub fn lenient(schema: &Value) -> Result<Value, SchemaError> {
    lenient::object(schema)
}

/// Converts the schema of an answer that need not be an object. Like [`lenient`], but any root is
/// accepted.
#[must_use]
pub fn lenient_answer(schema: &Value) -> Value {
    lenient::any(schema)
}

/// Converts a schema to the subset of OpenAI's strict mode, in which the server enforces it.
///
/// - Objects are closed, and all of their properties are required. Optional properties accept
///   `null` instead.
/// - `oneOf` becomes `anyOf`; `allOf`, and `$ref` with sibling keywords, are merged; an array with
///   identical items at all positions gets `items`.
/// - Keywords that the mode does not enforce (`default`, `minLength`, unknown formats, ...) become
///   a note in the description, for the model.
///
/// Source: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.
///
/// # Errors
///
/// If a part cannot be expressed in strict mode: any value, unnamed properties, items that differ
/// by position, conditions; or if the root is not an object. The error names the part.
pub fn strict(schema: &Value) -> Result<Value, SchemaError> {
    strict::schema(schema)
}

/// Returns the schemas of a list keyword; none if it is not a list.
fn list<'a>(map: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    map.get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
