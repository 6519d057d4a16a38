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

/// Whether an object without anything of a reply is an error by its fields: a code and words, or a
/// detail.
pub(crate) fn is_error_alone(raw: &str) -> bool {
    let value: Value = serde_json::from_str(raw).unwrap_or_default();
    let says = |name| value.get(name).is_some_and(says_anything);
    says("detail") || (says("message") && says("code"))
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
    let value = serde_json::from_str::<Value>(body);
    if value.is_ok_and(|value| value.pointer("/0/error").is_some()) {
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
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let status = value.pointer("/base_resp/status_code");
    if status.and_then(Value::as_i64).is_some_and(|code| code != 0) {
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
