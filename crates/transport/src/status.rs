//! Classification of server errors, by HTTP status and inside replies; the same for every provider.

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

/// Converts a reply with an error status into an [`EngineError`].
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
/// The body can refine the kind for any status: the prompt is too long (`ContextTooLong`), blocked
/// by the content policy (`ContentFiltered`), or a quota is exhausted
/// ([`EngineError::is_quota_exhausted`]). For unspecific statuses (400, 500, 502) it can also
/// identify an invalid key, an unknown model or an invalid request. Error codes take precedence
/// over message text. The tables are in `status/codes.rs`, `status/phrases.rs` and
/// `status/statuses.rs`.
///
/// A header `x-should-retry: true` or `false` (OpenAI, Anthropic) overrides the last column. The
/// error includes the requested delay ([`retry_after`], else the fields of the body, else its
/// message text, else the reset time of an exhausted limit in `x-ratelimit-reset-*`), the request
/// id, and the contents of [`ErrorDetails`]. All text is redacted by `redactor`.
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

/// Converts an error reported inside a reply with status 200 into an [`EngineError`]. `reported` is
/// the text of its `error` field, of a complete event, or of a body.
///
/// The kind is determined by the same tables as in [`error_for_status`], using the status named by
/// the error (`"code": 429`), if any. Defaults to `Server`.
#[must_use]
pub fn error_in_reply(reported: &str, redactor: &Redactor) -> EngineError {
    let value = serde_json::from_str(reported).unwrap_or_else(|_| Value::from(reported));
    let mut details = match &value {
        Value::Null => ErrorDetails::default(),
        Value::String(_) => ErrorDetails::parse(reported.as_bytes()),
        value => ErrorDetails::from_json(value),
    };
    // In an event with the fields of an error, the type is that of the event.
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

/// Statuses that redirect a client.
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

/// Returns the delay stated by a header or a body, if it is valid: a negative number is not. An
/// excessive delay is capped instead of being ignored.
fn seconds(value: f64) -> Option<Duration> {
    let longest = f64::from(u32::MAX);
    let wait = value.is_finite().then(|| value.min(longest))?;
    Duration::try_from_secs_f64(wait).ok()
}
