//! Errors that a server reports inside a reply with status 200, and replies that cannot be read.

use geppetto_engine::{EngineError, ErrorKind};
pub(crate) use geppetto_transport::error_in_reply as reported;
use geppetto_transport::{ErrorDetails, Redactor};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// Whether an `error` field reports an error. Some servers send one with every reply that is empty
/// or says nothing (`{"code": 0, "message": ""}`).
pub(crate) fn is_reported(raw: &str) -> bool {
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

/// Where the words of an error stand in an object that has no other sign of one.
const WORDS: [&str; 4] = ["message", "msg", "error_msg", "errorMsg"];

/// Where the number of an error stands in such an object: a status, or a code of a gateway's own.
const NUMBERS: [&str; 5] = ["code", "status", "status_code", "error_code", "errorCode"];

/// Returns `true` if an object without anything of a reply is an error by its fields: words beside
/// a code, a status from 400 on or `"success": false`; a detail; or MiniMax's status. A code may be
/// a number of the gateway's own, which are 400 or more, or a word.
pub(crate) fn is_error_alone(raw: &str) -> bool {
    let value: Value = serde_json::from_str(raw).unwrap_or_default();
    let says = |name: &&str| value.get(name).is_some_and(says_anything);
    let is_fault = |name: &&str| match value.get(name) {
        Some(Value::Number(number)) => number.as_u64().is_some_and(|number| number >= 400),
        Some(Value::String(text)) => match text.parse::<u64>() {
            Ok(number) => number >= 400,
            // A word beside a status may be anything, as `queued`.
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
pub(crate) fn is_base_resp(raw: &str) -> bool {
    serde_json::from_str(raw).is_ok_and(|value| reports(&value))
}

/// Returns `true` if the status of a `base_resp` is not 0.
fn reports(base_resp: &Value) -> bool {
    let status = base_resp.get("status_code").and_then(Value::as_i64);
    status.is_some_and(|status| status != 0)
}

/// The error of what must be an object and is none.
pub(crate) fn no_object() -> serde_json::Error {
    serde::de::Error::custom("expected an object")
}

/// The error of an event or a body that is not in the format: `what` was read as `format`. The
/// parser's words quote the server's, so they are redacted, and the parser's error is not kept.
pub(crate) fn malformed(
    what: &str,
    format: &str,
    error: &serde_json::Error,
    redactor: &Redactor,
) -> EngineError {
    let said = redactor.label(&error.to_string());
    EngineError::new(
        ErrorKind::MalformedResponse,
        format!("the server sent {what} that is not {format}: {said}"),
    )
}

/// The error of an event that cannot be read as `format`. A list may hold the error of Google.
pub(crate) fn malformed_event(
    data: &str,
    format: &str,
    error: &serde_json::Error,
    redactor: &Redactor,
) -> EngineError {
    if is_list_of_error(data) {
        return reported(data, redactor);
    }
    malformed("an event", format, error, redactor)
}

fn is_list_of_error(text: &str) -> bool {
    let value = serde_json::from_str::<Value>(text);
    value.is_ok_and(|value| value.pointer("/0/error").is_some())
}

/// The error of a body that cannot be read as `format`.
pub(crate) fn malformed_body(
    body: &str,
    format: &str,
    error: &serde_json::Error,
    redactor: &Redactor,
) -> EngineError {
    if error.is_eof() {
        return EngineError::new(
            ErrorKind::Truncated,
            "the reply ended in the middle of its JSON",
        );
    }
    if is_list_of_error(body) {
        return reported(body, redactor);
    }
    // A page of a proxy or of the program at a wrong address: its title says more than the parser
    // does.
    let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
    let malformed = if body.trim_start().starts_with('<') {
        EngineError::new(
            ErrorKind::MalformedResponse,
            format!("the server sent a body that is not {format}, check the base URL"),
        )
    } else {
        malformed("a body", format, error, redactor)
    };
    details.add_to(malformed)
}

/// The error of a body that is JSON, and no reply at all. MiniMax reports errors in such a body.
pub(crate) fn not_a_reply(body: &str, message: &str, redactor: &Redactor) -> EngineError {
    if is_error_alone(body) {
        return reported(body, redactor);
    }
    let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
    details.add_to(EngineError::new(ErrorKind::MalformedResponse, message))
}

/// The error of text in the place of a reply: what begins with `begin` is neither a stream of
/// events nor JSON.
pub(crate) fn text_for_a_reply(begin: &[u8], redactor: &Redactor) -> EngineError {
    let details = ErrorDetails::parse(begin).redacted(redactor);
    details.add_to(EngineError::new(
        ErrorKind::MalformedResponse,
        "the server sent text that is neither a stream of events nor JSON, check the base URL",
    ))
}
