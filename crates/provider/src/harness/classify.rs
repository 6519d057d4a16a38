//! From the faults of a fold to errors: one table for the errors of all providers.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{ErrorDetails, Redactor, error_in_reply as reported};
use serde_json::Value;

use super::errors::is_error_alone;
use crate::{Fault, fault::FaultKind, read::MAX_ENTRIES};

#[cfg(test)]
mod tests;

/// The error of a frame whose data are `data`.
pub(crate) fn frame(fault: Fault, data: &str, format: &str, redactor: &Redactor) -> EngineError {
    match fault.into_kind() {
        FaultKind::Syntax(error) => malformed_event(data, format, &error, redactor),
        kind => of(kind, data, format, redactor),
    }
}

/// The error of a body.
pub(crate) fn body(fault: Fault, body: &str, format: &str, redactor: &Redactor) -> EngineError {
    match fault.into_kind() {
        FaultKind::Syntax(error) => malformed_body(body, format, &error, redactor),
        kind => of(kind, body, format, redactor),
    }
}

fn of(fault: FaultKind, text: &str, format: &str, redactor: &Redactor) -> EngineError {
    match fault {
        FaultKind::Syntax(error) => malformed("a reply", format, &error, redactor),
        FaultKind::Reported(raw) => reported(&raw, redactor),
        FaultKind::Malformed(what, error) => malformed(what, format, &error, redactor),
        FaultKind::NotAReply(message) => not_a_reply(text, message, redactor),
        FaultKind::TooMany(what) => EngineError::new(
            ErrorKind::MalformedResponse,
            format!("the server sent more than {MAX_ENTRIES} {what} in one reply"),
        ),
        FaultKind::Failed(kind, reason) => failed(kind, &redactor.label(&reason)),
        FaultKind::Final(kind, message) => EngineError::new(kind, message).with_retryable(false),
    }
}

/// The error of a reply whose finish reason says that the server failed.
fn failed(kind: ErrorKind, reason: &str) -> EngineError {
    let error = EngineError::new(
        kind,
        format!("the server ended the reply with the finish reason `{reason}` and did not say why"),
    );
    error.with_provider_code(reason)
}

/// The error of an event or a body that is not in the format: `what` was read as `format`. The
/// parser's words quote the server's, so they are redacted, and the parser's error is not kept.
fn malformed(
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
fn malformed_event(
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
fn malformed_body(
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
fn not_a_reply(body: &str, message: &str, redactor: &Redactor) -> EngineError {
    if is_error_alone(body) {
        return reported(body, redactor);
    }
    let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
    details.add_to(EngineError::new(ErrorKind::MalformedResponse, message))
}

/// The error of text in the place of a reply: what begins with `begin` is neither a stream of
/// events nor JSON.
pub(super) fn text_for_a_reply(begin: &[u8], redactor: &Redactor) -> EngineError {
    let details = ErrorDetails::parse(begin).redacted(redactor);
    details.add_to(EngineError::new(
        ErrorKind::MalformedResponse,
        "the server sent text that is neither a stream of events nor JSON, check the base URL",
    ))
}
