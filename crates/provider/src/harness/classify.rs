//! Conversion of a fold's faults to errors, with one table for all providers.

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{ErrorDetails, Redactor, error_in_reply as reported};
use serde_json::Value;

use super::errors::is_error_alone;
use crate::{Fault, fault::FaultKind, read::MAX_ENTRIES};

#[cfg(test)]
mod tests;

/// Returns the error of a frame with the data `data`.
pub(crate) fn frame(fault: Fault, data: &str, format: &str, redactor: &Redactor) -> EngineError {
    match fault.into_kind() {
        FaultKind::Syntax(error) => malformed_event(data, format, &error, redactor),
        kind => of(kind, data, format, redactor),
    }
}

/// Returns the error of a body.
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
        FaultKind::Failed(kind, reason, said) => {
            failed(kind, &redactor.label(&reason), &said, redactor)
        }
        FaultKind::Blocked(reason, said) => blocked(&redactor.label(&reason), &said, redactor),
        FaultKind::Final(kind, message) => EngineError::new(kind, message).with_retryable(false),
    }
}

/// Returns the error of a reply whose finish reason means that the server failed.
fn failed(kind: ErrorKind, reason: &str, said: &str, redactor: &Redactor) -> EngineError {
    let message = format!("the server ended the reply with the finish reason `{reason}`");
    if said.is_empty() {
        let message = format!("{message} and did not say why");
        return EngineError::new(kind, message).with_provider_code(reason);
    }
    explained(EngineError::new(kind, message), reason, said, redactor)
}

/// Returns the error of a prompt that the server refused because of its contents.
fn blocked(reason: &str, said: &str, redactor: &Redactor) -> EngineError {
    let message = format!("the server refused the prompt because of its contents (`{reason}`)");
    let error = EngineError::new(ErrorKind::ContentFiltered, message);
    explained(error, reason, said, redactor)
}

/// Adds the server's explanation, which may quote the request.
fn explained(error: EngineError, reason: &str, said: &str, redactor: &Redactor) -> EngineError {
    let error = error.with_provider_code(reason);
    match said.is_empty() {
        true => error,
        false => error.with_provider_message(redactor.words(said)),
    }
}

/// Returns the error of an event or a body in another format: `what` was parsed as `format`. The
/// parser's message quotes the server, so it is redacted, and the parser's error is not kept as a
/// source.
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

/// Returns the error of an event that cannot be parsed as `format`. A list may contain Google's
/// error.
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

/// Returns the error of a body that cannot be parsed as `format`.
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
    // A page of a proxy, or of the program at a wrong address: its title is more helpful than the
    // parser's message.
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

/// Returns the error of a body that is JSON but not a reply. MiniMax reports errors in such a body.
fn not_a_reply(body: &str, message: &str, redactor: &Redactor) -> EngineError {
    if is_error_alone(body) {
        return reported(body, redactor);
    }
    let details = ErrorDetails::parse(body.as_bytes()).redacted(redactor);
    details.add_to(EngineError::new(ErrorKind::MalformedResponse, message))
}

/// Returns the error of text in place of a reply: text starting with `begin` is neither an event
/// stream nor JSON.
pub(super) fn text_for_a_reply(begin: &[u8], redactor: &Redactor) -> EngineError {
    let details = ErrorDetails::parse(begin).redacted(redactor);
    details.add_to(EngineError::new(
        ErrorKind::MalformedResponse,
        "the server sent text that is neither a stream of events nor JSON, check the base URL",
    ))
}
