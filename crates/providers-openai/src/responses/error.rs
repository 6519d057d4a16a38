//! Errors that a server reports inside a reply with status 200, and replies that cannot be read.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{ErrorDetails, Redactor};
use serde_json::Value;

#[cfg(test)]
mod tests;

/// What a code or a type says, in lower case; one that only contains such a word says it too.
/// The first that fits counts.
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
    ("server_error", ErrorKind::Server),
    ("vector_store_timeout", ErrorKind::Server),
    ("timeout", ErrorKind::Timeout),
    ("image", ErrorKind::InvalidRequest),
    ("context_length", ErrorKind::InvalidRequest),
    ("bad_request", ErrorKind::InvalidRequest),
    ("invalid", ErrorKind::InvalidRequest),
];

/// The error that a server reports inside a reply: an `error` event, or the `error` of a failed
/// response. The kind follows from its code or type, else it is the server's.
pub(super) fn reported(raw: &str, redactor: &Redactor) -> EngineError {
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
    let kind = kind_of(&details).unwrap_or(ErrorKind::Server);
    let mut error = EngineError::new(kind, "the server reported an error inside its reply");
    if let Some(after) = details.retry_after {
        error = error.with_retry_after(after);
    }
    let exhausted = details.is_quota_exhausted()
        || details
            .best_code()
            .is_some_and(|code| code.contains("usage_limit"));
    if exhausted {
        error = error.with_retryable(false);
    }
    details.add_to(error)
}

/// The error of a response that the server says was cancelled there.
pub(super) fn cancelled_there() -> EngineError {
    EngineError::new(
        ErrorKind::Server,
        "the response was cancelled at the server; ask again",
    )
    .with_retryable(false)
}

/// The error of a reply that ended before the server said that it was complete.
pub(super) fn truncated() -> EngineError {
    EngineError::new(
        ErrorKind::Truncated,
        "the reply ended before the server said that it was complete",
    )
}

/// The error of an event or a body that is not in the format.
pub(super) fn malformed(what: &str, error: serde_json::Error) -> EngineError {
    EngineError::new(
        ErrorKind::MalformedResponse,
        format!("the server sent {what} that is not of the Responses API: {error}"),
    )
    .with_source(error)
}

fn kind_of(details: &ErrorDetails) -> Option<ErrorKind> {
    let said = [&details.code, &details.error_type];
    said.into_iter().flatten().find_map(|code| {
        let code = code.to_ascii_lowercase();
        let known = CODES.iter().find(|(name, _)| code.contains(name));
        known.map(|(_, kind)| *kind)
    })
}

/// Whether an `error` field reports an error. Some servers send an empty one with every reply.
pub(super) fn is_reported(raw: &str) -> bool {
    !matches!(raw, "{}" | "[]" | "\"\"" | "false" | "0" | "null")
}
