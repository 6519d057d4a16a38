//! [`Expectation`]: the required outcome of a recording, in the terms of the engine.

use geppetto_engine::ErrorKind;
use geppetto_turns::FinishClass;
use serde_json::Value;

use super::{
    recording::{ExpectedUsage, Recording},
    wire::Adapter,
};

/// How a reply must end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// With a result.
    Complete,
    /// With the error of a stream that was cut off.
    Truncated,
    /// With an error: the body is no reply at all.
    NoReply,
    /// With an error: the server blocked the prompt.
    Blocked,
}

/// The required outcome.
#[derive(Debug, Clone)]
pub(super) enum Expectation {
    /// A result.
    Result {
        /// Set if the recorded reason is unambiguous.
        class: Option<FinishClass>,
        usage: Option<ExpectedUsage>,
    },
    /// An error of one of these kinds.
    Error {
        kinds: Vec<ErrorKind>,
        status: Option<u16>,
    },
}

impl Expectation {
    pub(super) fn of(recording: &Recording, adapter: &Adapter) -> Self {
        let expected = &recording.meta.expected;
        let status = recording.meta.status;
        if status >= 400 {
            return Self::Error {
                kinds: kinds_of_status(status),
                status: Some(status),
            };
        }
        if let Some(error) = &expected.error {
            return Self::Error {
                kinds: kinds_of_code(&error.code),
                status: None,
            };
        }
        let kind = match (adapter.ending)(recording) {
            Ending::Complete => {
                return Self::Result {
                    class: (adapter.class)(expected),
                    usage: expected
                        .usage
                        .map(|usage| (adapter.usage)(usage, &expected.usage_raw)),
                };
            }
            Ending::Truncated => ErrorKind::Truncated,
            Ending::NoReply => ErrorKind::MalformedResponse,
            Ending::Blocked => ErrorKind::ContentFiltered,
        };
        Self::Error {
            kinds: vec![kind],
            status: None,
        }
    }
}

/// Returns the kind for the status, and the kinds that the body may state instead if the status is
/// unspecific.
fn kinds_of_status(status: u16) -> Vec<ErrorKind> {
    let mut kinds = vec![kind_of_status(status)];
    if matches!(status, 400 | 413 | 422 | 500 | 502) {
        kinds.extend([
            ErrorKind::ContextTooLong,
            ErrorKind::ContentFiltered,
            ErrorKind::InvalidRequest,
            ErrorKind::NotFound,
            ErrorKind::Authentication,
            ErrorKind::RateLimited,
        ]);
    }
    kinds
}

fn kind_of_status(status: u16) -> ErrorKind {
    match status {
        401 => ErrorKind::Authentication,
        403 => ErrorKind::PermissionDenied,
        404 => ErrorKind::NotFound,
        408 => ErrorKind::Timeout,
        402 | 429 => ErrorKind::RateLimited,
        503 | 529 => ErrorKind::Overloaded,
        500.. => ErrorKind::Server,
        _ => ErrorKind::InvalidRequest,
    }
}

/// Returns the kinds that the code of an error inside a reply allows.
fn kinds_of_code(code: &Value) -> Vec<ErrorKind> {
    let number = code.as_u64().or_else(|| code.as_str()?.parse().ok());
    if let Some(status) = number.and_then(|number| u16::try_from(number).ok()) {
        return kinds_of_status(status);
    }
    match code.as_str() {
        Some("content_filter") => vec![ErrorKind::ContentFiltered],
        Some("rate_limit_exceeded" | "insufficient_quota") => vec![ErrorKind::RateLimited],
        _ => vec![
            ErrorKind::InvalidRequest,
            ErrorKind::ContextTooLong,
            ErrorKind::Server,
            ErrorKind::Overloaded,
            ErrorKind::RateLimited,
            ErrorKind::ContentFiltered,
        ],
    }
}
