//! Schemas that servers with a subset of JSON schema accept unchanged.

use serde_json::Value;

use super::{FORMATS, MAX_DEPTH};

/// Keywords whose value is no schema.
const WORDS: [&str; 13] = [
    "type",
    "format",
    "title",
    "description",
    "default",
    "enum",
    "required",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "propertyOrdering",
    "$schema",
];

/// Returns `true` if a schema has only keywords that Gemini accepts in a JSON schema, and no
/// references, which it refuses in some positions.
///
/// Source: <https://ai.google.dev/api/generate-content#FIELDS.response_json_schema>.
#[must_use]
pub fn is_plain(schema: &Value) -> bool {
    is_plain_at(schema, 0)
}

fn is_plain_at(schema: &Value, depth: usize) -> bool {
    let Some(map) = schema.as_object().filter(|_| depth < MAX_DEPTH) else {
        return false;
    };
    let nested = |schema: &Value| is_plain_at(schema, depth + 1);
    map.iter().all(|(name, value)| match name.as_str() {
        "format" => value
            .as_str()
            .is_some_and(|format| FORMATS.contains(&format)),
        "items" => nested(value),
        "additionalProperties" => value.is_boolean() || nested(value),
        "properties" => value
            .as_object()
            .is_some_and(|all| all.values().all(nested)),
        "anyOf" | "prefixItems" => value.as_array().is_some_and(|all| all.iter().all(nested)),
        name => WORDS.contains(&name),
    })
}
