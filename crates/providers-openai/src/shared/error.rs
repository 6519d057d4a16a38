//! Errors that a server reports inside a reply with status 200, and replies that cannot be read.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{ErrorDetails, Redactor, error_for_status};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// What a code or a type says, in lower case; one that only contains such a word says it too
/// (`rate_limit_exceeded`, `overloaded_error`). The first that fits counts.
///
/// Codes of failed responses: <https://platform.openai.com/docs/api-reference/responses/object>.
const CODES: &[(&str, ErrorKind)] = &[
    ("content_filter", ErrorKind::ContentFiltered),
    ("content_policy", ErrorKind::ContentFiltered),
    ("insufficient_quota", ErrorKind::RateLimited),
    ("usage_limit", ErrorKind::RateLimited),
    ("rate_limit", ErrorKind::RateLimited),
    ("too_many_requests", ErrorKind::RateLimited),
    ("overloaded", ErrorKind::Overloaded),
    ("slow_down", ErrorKind::Overloaded),
    ("unavailable", ErrorKind::Overloaded),
    ("invalid_api_key", ErrorKind::Authentication),
    ("authentication", ErrorKind::Authentication),
    ("permission", ErrorKind::PermissionDenied),
    ("not_found", ErrorKind::NotFound),
    ("vector_store_timeout", ErrorKind::Server),
    ("timeout", ErrorKind::Timeout),
];

/// Words that say less than a status does, which is asked first.
const VAGUE_CODES: &[(&str, ErrorKind)] = &[
    ("server_error", ErrorKind::Server),
    ("image", ErrorKind::InvalidRequest),
    ("invalid", ErrorKind::InvalidRequest),
    ("bad_request", ErrorKind::InvalidRequest),
    ("badrequest", ErrorKind::InvalidRequest),
    ("context_length", ErrorKind::InvalidRequest),
    ("context_size", ErrorKind::InvalidRequest),
    ("tool_use_failed", ErrorKind::InvalidRequest),
];

/// The error that a server reports inside a reply: an `error` field, or a whole event. The kind
/// follows from its code or type, else from the HTTP status that it names, else it is the
/// server's.
pub(crate) fn reported(raw: &str, redactor: &Redactor) -> EngineError {
    let value: Value = serde_json::from_str(raw).unwrap_or_else(|_| Value::from(raw));
    let mut details = match &value {
        Value::Null => ErrorDetails::default(),
        Value::String(_) => ErrorDetails::parse(raw.as_bytes()),
        value => ErrorDetails::from_json(value),
    };
    // Of an event whose fields are the error's, the type is the event's.
    if details.error_type.as_deref() == Some("error") {
        details.error_type = None;
    }
    let details = details.redacted(redactor);
    let status = status(&value);
    let kind = kind_by(CODES, &details)
        .or_else(|| status.map(kind_of_status))
        .or_else(|| kind_by(VAGUE_CODES, &details))
        .unwrap_or(ErrorKind::Server);
    let mut error = EngineError::new(kind, "the server reported an error inside its reply");
    if let Some(status) = status {
        error = error.with_status(status.as_u16());
    }
    if let Some(after) = details.retry_after {
        error = error.with_retry_after(after);
    }
    if is_exhausted(&details) {
        error = error.with_retryable(false);
    }
    details.add_to(error)
}

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

/// The error of an event or a body that is not in the format: `what` was read as `format`.
pub(crate) fn malformed(what: &str, format: &str, error: serde_json::Error) -> EngineError {
    EngineError::new(
        ErrorKind::MalformedResponse,
        format!("the server sent {what} that is not {format}: {error}"),
    )
    .with_source(error)
}

/// The error of a body that cannot be read as `format`.
pub(crate) fn malformed_body(
    body: &str,
    format: &str,
    error: serde_json::Error,
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
    let malformed = match body.trim_start().starts_with('<') {
        true => EngineError::new(
            ErrorKind::MalformedResponse,
            format!("the server sent a body that is not {format}, check the base URL"),
        )
        .with_source(error),
        false => malformed("a body", format, error),
    };
    details.add_to(malformed)
}

/// The error of a body that is JSON, and no reply at all.
pub(crate) fn not_a_reply(body: &str, message: &str, redactor: &Redactor) -> EngineError {
    let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
    details.add_to(EngineError::new(ErrorKind::MalformedResponse, message))
}

/// Whether it says that nothing is left to spend: asking again does not help.
fn is_exhausted(details: &ErrorDetails) -> bool {
    let code = details.best_code();
    details.is_quota_exhausted() || code.is_some_and(|code| code.contains("usage_limit"))
}

fn kind_by(codes: &[(&str, ErrorKind)], details: &ErrorDetails) -> Option<ErrorKind> {
    let said = [&details.code, &details.error_type];
    said.into_iter().flatten().find_map(|code| {
        let code = code.to_ascii_lowercase();
        let known = codes.iter().find(|(name, _)| code.contains(name));
        known.map(|(_, kind)| *kind)
    })
}

/// The HTTP status that an error names in its body.
fn status(value: &Value) -> Option<StatusCode> {
    let value = value.get(0).unwrap_or(value);
    let error = value
        .get("error")
        .filter(|error| error.is_object())
        .unwrap_or(value);
    let number = |name: &str| {
        let value = error.get(name)?;
        let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
        let status = StatusCode::from_u16(u16::try_from(number).ok()?).ok()?;
        (status.is_client_error() || status.is_server_error()).then_some(status)
    };
    ["status_code", "status", "code", "http_status"]
        .into_iter()
        .find_map(number)
}

/// The same kind as a reply of this status would have.
fn kind_of_status(status: StatusCode) -> ErrorKind {
    error_for_status(status, &HeaderMap::new(), b"", &Redactor::new()).kind()
}
