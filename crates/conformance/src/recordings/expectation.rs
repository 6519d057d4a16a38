//! [`Expectation`]: the required outcome of a recording, in the terms of the engine.

use geppetto_engine::ErrorKind;
use geppetto_turns::FinishClass;
use serde_json::Value;

use super::{
    recording::{Expected, ExpectedUsage, Recording},
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
                    class: class(expected),
                    usage: expected
                        .usage
                        .map(|usage| normal(usage, &expected.usage_raw)),
                };
            }
            Ending::Truncated => ErrorKind::Truncated,
            Ending::NoReply => ErrorKind::MalformedResponse,
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

/// Returns `true` if the server ran the calls itself: the model continued after calls of custom
/// tools (xAI).
fn calls_were_run(expected: &Expected) -> bool {
    let is = |kind: &'static str| move |item: &String| item == kind;
    let types = &expected.item_types;
    let last = types.iter().rposition(is("custom_tool_call"));
    let message = types.iter().rposition(is("message"));
    last.is_some() && last < message && !types.iter().any(is("function_call"))
}

fn class(expected: &Expected) -> Option<FinishClass> {
    let calls = !expected.tool_calls.is_empty() && !calls_were_run(expected);
    let refused = expected
        .refusal
        .as_deref()
        .is_some_and(|said| !said.is_empty());
    match expected.finish_reason() {
        "max_output_tokens" | "length" | "max_tokens" => Some(FinishClass::MaxTokens),
        "content_filter" => Some(FinishClass::Refused),
        "" | "completed" | "stop" | "eos" | "tool_calls" | "function_call" if calls => {
            Some(FinishClass::ToolCallsPending)
        }
        "" | "completed" | "stop" | "eos" if refused => Some(FinishClass::Refused),
        "completed" | "stop" | "eos" => Some(FinishClass::Completed),
        _ => None,
    }
}

/// Normalizes usage. The recordings keep each provider's own accounting; here the input is the
/// whole prompt and the output everything generated, so tokens that only the total includes are
/// added.
fn normal(mut usage: ExpectedUsage, raw: &Value) -> ExpectedUsage {
    let (Some(total), Some(input), Some(output)) = (usage.total, usage.input, usage.output) else {
        return usage;
    };
    let missing = total.saturating_sub(input + output);
    let speech = raw
        .pointer("/prompt_tokens_details/audio_tokens")
        .and_then(Value::as_u64);
    if missing > 0 && usage.reasoning == Some(missing) {
        usage.output = Some(output + missing);
    } else if missing > 0 && speech == Some(missing) {
        usage.input = Some(input + missing);
    }
    usage
}
