//! What the errors of servers mean, in statuses and inside replies; the same for every provider.

use std::time::{Duration, SystemTime};

use geppetto_engine::EngineError;
use http::{HeaderMap, StatusCode, header};
use serde_json::Value;

use crate::{
    Redactor,
    error::{TransportError, TransportErrorKind},
    redact::host_of,
};
use cause::Cause;
pub use details::ErrorDetails;
use headers::should_retry;
pub use headers::{request_id, retry_after};

mod cause;
mod codes;
mod details;
mod headers;
mod html;
mod nested;
mod phrases;
mod statuses;
#[cfg(test)]
mod tests;
mod wait;
mod words;

pub(crate) use words::{LONGEST_LABEL, LONGEST_MESSAGE, printable, shorten};

/// The error that a reply of this status is.
///
/// | status | kind | retried |
/// |---|---|---|
/// | 401, 407 | `Authentication` | no |
/// | 402 | `RateLimited`, marked as a used-up quota | no |
/// | 403 | `PermissionDenied` | no |
/// | 404, 410 | `NotFound` | no |
/// | 408 | `Timeout` | yes |
/// | 409 | `InvalidRequest` | yes |
/// | 429 | `RateLimited` | yes |
/// | other 4xx | `InvalidRequest` | no |
/// | 498, 503, 529 | `Overloaded` | yes |
/// | 424, 425, 499, other 5xx | `Server` | yes |
/// | 501, 505, 511 | `Server` | no |
/// | redirects | `Configuration`, names the host of `Location` | no |
/// | other | `MalformedResponse` | no |
///
/// The body may say it better, whatever the status: that the prompt is too long
/// (`ContextTooLong`), that the content policy stopped it (`ContentFiltered`), that a quota is used
/// up ([`EngineError::is_quota_exhausted`]); and, where the status says little (400, 500, 502), that
/// a key is wrong, that a model does not exist, that the request is invalid. Codes count before
/// words. The tables are in `status/codes.rs`, `status/phrases.rs` and `status/statuses.rs`.
///
/// A header `x-should-retry: true` or `false` (OpenAI, Anthropic) overrides the last column.
/// The wait that the provider asked for ([`retry_after`], else the body's fields, else its words,
/// else the reset of an exhausted limit in `x-ratelimit-reset-*`), its request id, and what
/// [`ErrorDetails`] holds are filled in; all text passes `redactor`.
#[must_use]
pub fn error_for_status(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    redactor: &Redactor,
) -> EngineError {
    if is_redirect(status) {
        return redirect_error(headers, redactor).with_status(status.as_u16());
    }
    let details = ErrorDetails::parse(body);
    let cause = Cause::of(Some(status), &details);
    let what = statuses::describe(status, cause);
    let now = SystemTime::now();
    let wait = retry_after(headers, now).or_else(|| {
        let stated = details.wait().filter(|_| cause.may_pass());
        let limited = matches!(cause, Cause::RateLimited | Cause::QuotaExhausted);
        stated.or_else(|| headers::reset(headers, now).filter(|_| limited))
    });
    let mut error = EngineError::new(
        cause.kind(),
        format!("{what} (HTTP {status})", status = status.as_u16()),
    )
    .with_status(status.as_u16());
    error = cause.mark(error);
    if let Some(retryable) = should_retry(headers) {
        error = error.with_retryable(retryable);
    }
    if let Some(wait) = wait {
        error = error.with_retry_after(wait);
    }
    let details = details.redacted(redactor);
    let id = request_id(headers).map(|id| redactor.label(id));
    if let Some(id) = id.or_else(|| details.request_id.clone()) {
        error = error.with_request_id(id);
    }
    details.add_to(error)
}

/// The error that a server reports inside a reply with status 200: `reported` is the text of its
/// `error` field, of a whole event, or of a body.
///
/// The kind follows from the same tables as in [`error_for_status`]; the status is the one that the
/// error names (`"code": 429`), if it names one, and the kind is `Server` if nothing says more.
#[must_use]
pub fn error_in_reply(reported: &str, redactor: &Redactor) -> EngineError {
    let value = serde_json::from_str(reported).unwrap_or_else(|_| Value::from(reported));
    let mut details = match &value {
        Value::Null => ErrorDetails::default(),
        Value::String(_) => ErrorDetails::parse(reported.as_bytes()),
        value => ErrorDetails::from_json(value),
    };
    // Of an event whose fields are the error's, the type is the event's.
    let is_of_the_event = |kind: &str| matches!(kind, "error" | "response.error");
    if details.error_type.as_deref().is_some_and(is_of_the_event) {
        details.error_type = None;
    }
    let status = details.named_status();
    let cause = Cause::of(status, &details);
    let what = "the server reported an error inside its reply";
    let mut error = cause.mark(EngineError::new(cause.kind(), what));
    if let Some(status) = status {
        error = error.with_status(status.as_u16());
    }
    if let Some(wait) = details.wait().filter(|_| cause.may_pass()) {
        error = error.with_retry_after(wait);
    }
    let details = details.redacted(redactor);
    if let Some(id) = &details.request_id {
        error = error.with_request_id(id);
    }
    details.add_to(error)
}

/// Statuses that send a client elsewhere.
fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 300..=303 | 305 | 307 | 308)
}

fn redirect_error(headers: &HeaderMap, redactor: &Redactor) -> EngineError {
    let location = headers
        .get(header::LOCATION)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let absolute = location.contains("://") || location.starts_with("//");
    let target = match host_of(location).filter(|_| absolute) {
        Some(host) => format!("to the host `{}`", redactor.redact(host)),
        None => "to another path on the same host".to_owned(),
    };
    TransportError::new(
        TransportErrorKind::Redirect,
        format!("the server redirects {target}, which is not followed; check the base URL"),
    )
    .into()
}

/// The wait that a header or a body states, if it is one: a negative number is none. More than
/// anybody waits is cut to that, so that it is not mistaken for no wish at all.
fn seconds(value: f64) -> Option<Duration> {
    let longest = f64::from(u32::MAX);
    let wait = value.is_finite().then(|| value.min(longest))?;
    Duration::try_from_secs_f64(wait).ok()
}
