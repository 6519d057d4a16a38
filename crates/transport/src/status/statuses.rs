//! Meaning of HTTP statuses, as data.

use http::StatusCode;

use super::{cause::Cause, words::prefix};

/// Statuses that identify the problem regardless of the body; a code may still be more specific.
///
/// 498 is Groq's status for its flex tier (<https://console.groq.com/docs/errors>), 529 Anthropic's
/// for overload.
const PRECISE: &[(u16, Cause)] = &[
    (401, Cause::Authentication),
    (402, Cause::QuotaExhausted),
    (403, Cause::PermissionDenied),
    (404, Cause::NotFound),
    (407, Cause::Authentication),
    (408, Cause::Timeout),
    (409, Cause::Conflict),
    (429, Cause::RateLimited),
    (498, Cause::Overloaded),
    (503, Cause::Overloaded),
    (529, Cause::Overloaded),
];

/// Statuses that are less specific than a message.
///
/// 449 is iFlow's status for too many requests, sent inside replies with status 200. 424 is a
/// failed generation (Hugging Face) or a failed connector (OpenAI), 425 asks to retry later, 499
/// comes from a gateway whose own client has disconnected.
const VAGUE: &[(u16, Cause)] = &[
    (410, Cause::NotFound),
    (424, Cause::Server),
    (425, Cause::Server),
    (449, Cause::RateLimited),
    (499, Cause::Server),
    (501, Cause::Unsupported),
    (505, Cause::Unsupported),
    (511, Cause::Unsupported),
];

pub(super) fn precise(status: StatusCode) -> Option<Cause> {
    look_up(PRECISE, status)
}

/// Returns the cause by the original status of an error that a gateway passes on under another
/// status.
pub(super) fn passed_on(outer: Option<StatusCode>, inner: StatusCode) -> Option<Cause> {
    let is_refusal = inner.is_client_error() && outer.is_none_or(|outer| outer.is_server_error());
    precise(inner).or_else(|| is_refusal.then(|| cause(inner)))
}

/// Returns the cause by the status alone.
pub(super) fn cause(status: StatusCode) -> Cause {
    let listed = precise(status).or_else(|| look_up(VAGUE, status));
    listed.unwrap_or(match status.as_u16() {
        500.. => Cause::Server,
        400.. => Cause::Invalid,
        _ => Cause::Unexpected,
    })
}

/// Returns `true` if a message about length can be taken literally: with the other statuses it
/// refers to a token rate limit, or quotes the request. Some servers refuse a context that is too
/// long with 401 or 403 (<https://github.com/MoonshotAI/kimi-code/pull/2655>).
pub(super) fn may_be_about_length(status: StatusCode, names_context: bool) -> bool {
    match status.as_u16() {
        402 | 408 | 429 | 503 | 529 => false,
        401 | 403 | 404 => names_context,
        _ => true,
    }
}

/// Returns the status that a message quotes from another program: "Error code: 400 - ..", "status
/// code 502".
pub(super) fn in_words(message: &str) -> Option<u16> {
    const ANCHORS: [&str; 3] = ["error code: ", "status code: ", "status code "];
    let message = prefix(message, 200).to_ascii_lowercase();
    ANCHORS.iter().find_map(|anchor| {
        let (_, after) = message.split_once(anchor)?;
        let end = after.find(|c: char| !c.is_ascii_digit());
        let number = after.get(..end.unwrap_or(after.len()))?.parse().ok()?;
        (400..600).contains(&number).then_some(number)
    })
}

fn look_up(table: &[(u16, Cause)], status: StatusCode) -> Option<Cause> {
    let listed = table.iter().find(|(number, _)| *number == status.as_u16());
    listed.map(|(_, cause)| *cause)
}

/// Describes the error and what to do.
pub(super) fn describe(status: StatusCode, cause: Cause) -> &'static str {
    match (cause, status.as_u16()) {
        (Cause::ContextTooLong, _) => {
            "the prompt does not fit the model's context window, shorten it"
        }
        (Cause::Filtered, _) => "the provider's content policy refuses the request",
        (Cause::QuotaExhausted, _) => {
            "a quota or the credit is used up, check the plan and the billing of the account"
        }
        (Cause::OverLimit, _) => {
            "the request alone is larger than a rate limit of the account, shorten it"
        }
        (Cause::Authentication, 407) => {
            "the proxy refused the credentials, check user and password of the proxy"
        }
        (Cause::Authentication, _) => "the provider refused the credentials, check the API key",
        (Cause::PermissionDenied, _) => "the credentials do not allow this request",
        (Cause::NotFound, _) => {
            "the model or the endpoint does not exist, check the model name and the base URL"
        }
        (Cause::Gone, _) => {
            "something that the request refers to by its id does not exist, has expired, or belongs \
             to another account"
        }
        (Cause::Timeout, 408) => "the provider gave up waiting for the request",
        (Cause::Timeout, _) => "the provider took too long",
        (Cause::Conflict, _) => "the request conflicts with another one",
        (Cause::RateLimited, _) => "too many requests, or a quota is used up",
        (Cause::Overloaded, _) => "the provider is over its capacity for now",
        (Cause::Invalid, 413) => "the request is too large for the provider",
        (Cause::Invalid, _) => "the provider refused the request as invalid",
        (Cause::Server, _) => "the provider failed",
        (Cause::Unsupported, _) => "the provider does not support the request, check the base URL",
        (Cause::Unexpected, 304) => {
            "the server answered that nothing was modified, which no request asks for; check the \
             proxy or the cache before it"
        }
        (Cause::Unexpected, _) => {
            "the server answered with an unexpected status, check the base URL"
        }
    }
}
