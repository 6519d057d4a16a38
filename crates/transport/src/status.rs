//! What an HTTP status, its headers and its body mean; the same for every provider.

use std::time::{Duration, SystemTime};

use geppetto_engine::{EngineError, ErrorKind};
use http::{HeaderMap, StatusCode, header};

use crate::{
    Redactor,
    error::{TransportError, TransportErrorKind},
    redact::host_of,
};
pub use details::ErrorDetails;
use headers::should_retry;
pub use headers::{request_id, retry_after};

mod details;
mod headers;
mod html;
#[cfg(test)]
mod tests;

/// The error that a reply of this status is.
///
/// | status | kind | retried |
/// |---|---|---|
/// | 401 | `Authentication` | no |
/// | 403 | `PermissionDenied` | no |
/// | 404 | `NotFound` | no |
/// | 408 | `Timeout` | yes |
/// | 409 | `InvalidRequest` | yes |
/// | 429 | `RateLimited` | yes, unless the body says `insufficient_quota` |
/// | other 4xx | `InvalidRequest` | no |
/// | 503, 529 | `Overloaded` | yes |
/// | other 5xx | `Server` | yes |
/// | 3xx | `Configuration`, names the host of `Location` | no |
///
/// A header `x-should-retry: true` or `false` (OpenAI, Anthropic) overrides the last column.
/// The wait the provider asked for ([`retry_after`]), its request id, and the message and code
/// in the body ([`ErrorDetails`]) are filled in; all text passes `redactor`.
#[must_use]
pub fn error_for_status(
    status: StatusCode,
    headers: &HeaderMap,
    body: &[u8],
    redactor: &Redactor,
) -> EngineError {
    if status.is_redirection() {
        return redirect_error(headers, redactor).with_status(status.as_u16());
    }
    let details = ErrorDetails::parse(body).redacted(redactor);
    let (kind, what) = classify(status);
    let mut error = EngineError::new(
        kind,
        format!("{what} (HTTP {status})", status = status.as_u16()),
    )
    .with_status(status.as_u16());
    let by_status = match status {
        StatusCode::CONFLICT => Some(true),
        StatusCode::TOO_MANY_REQUESTS if details.is_quota_exhausted() => Some(false),
        _ => None,
    };
    if let Some(retryable) = should_retry(headers).or(by_status) {
        error = error.with_retryable(retryable);
    }
    if let Some(after) = retry_after(headers, SystemTime::now()).or(details.retry_after) {
        error = error.with_retry_after(after);
    }
    if let Some(id) = request_id(headers).or(details.request_id.as_deref()) {
        error = error.with_request_id(redactor.redact(id));
    }
    details.add_to(error)
}

/// The status as a kind and words. Every status that is not listed is the server's fault from
/// 500 on and the request's below.
fn classify(status: StatusCode) -> (ErrorKind, &'static str) {
    match status.as_u16() {
        401 => (
            ErrorKind::Authentication,
            "the provider refused the credentials, check the API key",
        ),
        403 => (
            ErrorKind::PermissionDenied,
            "the credentials do not allow this request",
        ),
        404 => (
            ErrorKind::NotFound,
            "the model or the endpoint does not exist, check the model name and the base URL",
        ),
        408 => (
            ErrorKind::Timeout,
            "the provider gave up waiting for the request",
        ),
        409 => (
            ErrorKind::InvalidRequest,
            "the request conflicts with another one",
        ),
        413 => (
            ErrorKind::InvalidRequest,
            "the request is too large for the provider",
        ),
        429 => (
            ErrorKind::RateLimited,
            "too many requests, or a quota is used up",
        ),
        503 | 529 => (
            ErrorKind::Overloaded,
            "the provider is over its capacity for now",
        ),
        500.. => (ErrorKind::Server, "the provider failed"),
        400.. => (
            ErrorKind::InvalidRequest,
            "the provider refused the request as invalid",
        ),
        _ => (
            ErrorKind::MalformedResponse,
            "the provider answered with an unexpected status",
        ),
    }
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
