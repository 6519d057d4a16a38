//! Function responses.

use geppetto_turns::ToolUse;
use serde_json::{Map, Value};

/// Returns the response to a call: an object, with the result under `output`, or with the error
/// under `error`.
///
/// A text stays a text, even if it is JSON: the API takes a key `$ref` in a response for a reference
/// to its media ("The referenced name `#/$defs/..` in `function_response.response` does not match to
/// a `display_name`").
///
/// Source: <https://ai.google.dev/api/caching#FunctionResponse>.
pub(super) fn response(answer: &ToolUse) -> Map<String, Value> {
    let name = if answer.is_error() { "error" } else { "output" };
    let value = match &answer.result {
        Some(result @ (Value::Object(_) | Value::Array(_)))
            if !answer.is_error() && answer.ran_with.is_none() && !has_reference(result) =>
        {
            result.clone()
        }
        _ => Value::String(answer.output()),
    };
    [(name.to_owned(), value)].into_iter().collect()
}

fn has_reference(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.contains_key("$ref") || map.values().any(has_reference),
        Value::Array(list) => list.iter().any(has_reference),
        _ => false,
    }
}
