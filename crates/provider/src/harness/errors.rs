//! Objects that report an error within a reply with status 200.

use serde_json::Value;

#[cfg(test)]
mod tests;

/// Returns `true` if an `error` field reports an error. Some servers send one with every reply that
/// is empty or has no content (`{"code": 0, "message": ""}`).
#[must_use]
pub fn is_reported(raw: &str) -> bool {
    serde_json::from_str(raw).map_or(true, |value| says_anything(&value))
}

fn says_anything(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(is) => *is,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => list.iter().any(says_anything),
        Value::Object(map) => map.values().any(says_anything),
    }
}

/// Fields with the message of an error, in an object without any other sign of one.
const WORDS: [&str; 4] = ["message", "msg", "error_msg", "errorMsg"];

/// Fields with the number of an error in such an object: a status, or a gateway's own code.
const NUMBERS: [&str; 5] = ["code", "status", "status_code", "error_code", "errorCode"];

/// Returns `true` if an object without any part of a reply is an error by its fields: a message
/// with a code, a status of at least 400, or `"success": false`; a detail; or MiniMax's status. A
/// code is a gateway's own number, at least 400, or a word.
#[must_use]
pub fn is_error_alone(raw: &str) -> bool {
    let value: Value = serde_json::from_str(raw).unwrap_or_default();
    let says = |name: &&str| value.get(name).is_some_and(says_anything);
    let is_fault = |name: &&str| match value.get(name) {
        Some(Value::Number(number)) => number.as_u64().is_some_and(|number| number >= 400),
        Some(Value::String(text)) => match text.parse::<u64>() {
            Ok(number) => number >= 400,
            // A word as status may be anything, for example `queued`.
            Err(_) => !text.is_empty() && *name != "status",
        },
        _ => false,
    };
    let failed = value.get("success") == Some(&Value::Bool(false)) || NUMBERS.iter().any(is_fault);
    says(&"detail")
        || (failed && WORDS.iter().any(says))
        || value.get("base_resp").is_some_and(reports)
}

/// Returns `true` if a `base_resp` reports an error.
#[must_use]
pub fn is_base_resp(raw: &str) -> bool {
    serde_json::from_str(raw).is_ok_and(|value| reports(&value))
}

/// Returns `true` if the status of a `base_resp` is not 0.
fn reports(base_resp: &Value) -> bool {
    let status = base_resp.get("status_code").and_then(Value::as_i64);
    status.is_some_and(|status| status != 0)
}
