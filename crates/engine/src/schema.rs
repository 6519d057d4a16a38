//! JSON schemas in the form that servers take, and values that are checked against them.
//!
//! Every schema of a tool or of an output format passes through here on its way out, whether it
//! came from a Rust type, was written by hand, or was read from a server of tools. What the
//! application registered stays as it is: arguments are checked against the original.
//!
//! - [`lenient`] adds what servers insist on and changes nothing that the schema means.
//! - [`strict`] rewrites a schema into the subset that OpenAI's strict mode accepts, or reports the
//!   part for which that is impossible.
//!
//! [`check`] and [`fit`] check what comes back: arguments of tools, and answers.
//!
//! With the feature `schemars`, [`of_type`] makes the schema of a Rust type.

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

/// The name of the property in which a value that is no object is wrapped, because a server takes
/// only objects as answers.
pub const WRAPPER: &str = "value";

/// The deepest nesting of a schema that is read. `serde_json` reads 128 levels.
const MAX_DEPTH: usize = 64;

/// The most subschemas that a schema may become. References multiply when they are resolved, so
/// that a short schema could otherwise become gigabytes.
const MAX_NODES: usize = 20_000;

/// A schema cannot take the form that was asked for: which part of it, and what to do.
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

    /// The part of the schema, as a path from its root: `$.properties.when.items`.
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

/// The schema of an object, as every server takes it: with `"type": "object"` and `properties`,
/// without combinations (`anyOf`, `allOf`, `$ref`, ...) at the root, and with `items` of every
/// array.
///
/// Alternatives at the root become one object that has the properties of all of them. `null`, `{}`
/// and `true` are an object without properties.
///
/// Source: OpenAI answers 400 to functions with other schemas ("object schema missing properties",
/// "array schema missing items", "schema must have type 'object' and not have 'oneOf'/'anyOf'/
/// 'allOf'/'enum'/'not' at the top level").
///
/// # Errors
///
/// The root cannot be an object, or a reference at the root leads nowhere.
pub fn lenient(schema: &Value) -> Result<Value, SchemaError> {
    lenient::object(schema)
}

/// The schema of an answer that need not be an object. As [`lenient`], but any root is accepted.
#[must_use]
pub fn lenient_answer(schema: &Value) -> Value {
    lenient::any(schema)
}

/// A schema in the subset of OpenAI's strict mode, in which the server holds the model to it.
///
/// - Objects are closed, and all of their properties are required. A property that was optional
///   accepts `null` instead.
/// - `oneOf` becomes `anyOf`; `allOf` and `$ref` with other keywords beside it are merged; an array
///   whose items are all alike by position gets `items`.
/// - What the mode does not enforce (`default`, `minLength`, unknown formats, ...) becomes a note in
///   the description, where the model can read it.
///
/// Source: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.
///
/// # Errors
///
/// A part allows what the mode cannot: any value, unnamed properties, items that differ by position,
/// conditions; or the root is no object. The error names the part.
pub fn strict(schema: &Value) -> Result<Value, SchemaError> {
    strict::schema(schema)
}

/// The schemas in a list keyword; none if it is not a list.
fn list<'a>(map: &'a Map<String, Value>, name: &str) -> &'a [Value] {
    map.get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
