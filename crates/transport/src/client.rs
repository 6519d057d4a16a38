//! [`HttpClient`]: transport with time limits, status checks, retries and redaction.

use std::time::Duration;

use bytes::Bytes;
use geppetto_engine::{EngineError, ErrorKind};
use http::{StatusCode, header::CONTENT_ENCODING};
use tokio::time::{Instant, sleep, timeout};

use crate::{
    HttpTransport, Request, Response, Retry, RetryPolicy, Timeouts,
    error::{TimeoutPhase, TransportError},
    status::error_for_status,
};
use std::sync::Arc;

/// HTTP client of the providers: a transport with time limits, status checks, retries and
/// redaction.
///
/// Cheap to clone; clones share connections and the retry budget. All futures are cancel safe:
/// dropping one cancels the request, so cancellation is a `select!` with the caller's token.
#[derive(Debug, Clone)]
pub struct HttpClient {
    transport: Arc<dyn HttpTransport>,
    timeouts: Timeouts,
    retry: RetryPolicy,
}

/// Failed attempt that will be retried.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct FailedAttempt<'a> {
    /// Attempt number, starting at 1.
    pub attempt: u32,
    /// Maximum number of attempts, including the first.
    pub max_attempts: u32,
    /// Error of the attempt.
    pub error: &'a EngineError,
    /// Delay before the next attempt.
    pub delay: Duration,
}

impl HttpClient {
    /// Creates a client with the default [`Timeouts`] and [`RetryPolicy`].
    #[must_use]
    pub fn new(transport: impl HttpTransport + 'static) -> Self {
        Self {
            transport: Arc::new(transport),
            timeouts: Timeouts::default(),
            retry: RetryPolicy::new(),
        }
    }

    /// Sets the time limits. `connect` is ignored: it is enforced by the transport.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Sets the retry policy.
    #[must_use]
    pub fn with_retry_policy(mut self, policy: RetryPolicy) -> Self {
        self.retry = policy;
        self
    }

    /// Returns the time limits.
    #[must_use]
    pub fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// Starts the retry state of one request, for [`open_with`](Self::open_with).
    #[must_use]
    pub fn start_retry(&self) -> Retry {
        self.retry.start()
    }

    /// Returns the retry policy.
    #[must_use]
    pub fn retry(&self) -> &RetryPolicy {
        &self.retry
    }

    /// Sends `request`, with retries according to the [`RetryPolicy`], and returns as soon as the
    /// reply has begun.
    ///
    /// The reply has a 2xx status. Reading its body is subject to the idle and total limits.
    ///
    /// # Errors
    ///
    /// Returns the error of the last attempt: see [`attempt`](Self::attempt).
    pub async fn open(&self, request: &Request) -> Result<Response, EngineError> {
        self.open_with(request, &mut self.start_retry(), |_| {})
            .await
    }

    /// Same as [`open`](Self::open) with retry state supplied by the caller. `on_retry` is called
    /// for each failed attempt that will be retried, before the delay.
    ///
    /// A caller that finds an error inside the reply before it has emitted any output asks `retry`
    /// for the next delay and calls this method again with the same state; all attempts then share
    /// the same limits.
    ///
    /// # Errors
    ///
    /// Same as [`open`](Self::open).
    pub async fn open_with(
        &self,
        request: &Request,
        retry: &mut Retry,
        mut on_retry: impl FnMut(FailedAttempt<'_>) + Send,
    ) -> Result<Response, EngineError> {
        loop {
            let Failure { error, stale } = match self.try_once(request).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let attempt = retry.attempt();
            let free = if stale { retry.next_free() } else { None };
            let Some(delay) = free.or_else(|| retry.next(&error)) else {
                return Err(error);
            };
            tracing::debug!(attempt, ?delay, kind = %error.kind(), status = error.status(), "retrying");
            on_retry(FailedAttempt {
                attempt,
                max_attempts: retry.max_attempts(),
                error: &error,
                delay,
            });
            sleep(delay).await;
        }
    }

    /// Sends `request` once, without retries.
    ///
    /// # Errors
    ///
    /// Returns an error if no reply began (see [`TransportError`]) or if the reply has a status
    /// other than 2xx (see [`error_for_status`]), has no content (204, 205), or is compressed,
    /// which no request asks for. The message contains no secret of the request.
    pub async fn attempt(&self, request: &Request) -> Result<Response, EngineError> {
        let attempt = self.try_once(request).await;
        attempt.map_err(|failure| failure.error)
    }

    async fn try_once(&self, request: &Request) -> Result<Response, Failure> {
        let started = Instant::now();
        let response = self.send(request).await.map_err(|error| Failure {
            stale: error.is_stale_connection(),
            error: error.into(),
        })?;
        let response = response
            .map_body(|body| body.with_timeouts(&self.timeouts, started))
            .with_redactor(request.redactor());
        match (response.status().is_success(), coding(&response)) {
            (true, None) if is_empty_by_status(response.status()) => {
                Err(no_content(&response).into())
            }
            (true, None) => Ok(response),
            (true, Some(coding)) => Err(compressed(&response, coding).into()),
            (false, coding) => Err(read_error(response, coding.is_none()).await.into()),
        }
    }

    async fn send(&self, request: &Request) -> Result<Response, TransportError> {
        let (phase, limit) = match self.timeouts.total {
            Some(total) if total < self.timeouts.first_byte => (TimeoutPhase::Total, total),
            _ => (TimeoutPhase::FirstByte, self.timeouts.first_byte),
        };
        match timeout(limit, self.transport.send(request.clone())).await {
            Ok(outcome) => outcome,
            Err(_elapsed) => Err(TransportError::timeout(phase, limit)),
        }
    }
}

/// A failed attempt, and whether a reused idle connection may be the cause.
struct Failure {
    error: EngineError,
    stale: bool,
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        Self {
            error,
            stale: false,
        }
    }
}

/// Returns the content coding of the body, if any. There may be several headers, and several
/// codings in one.
fn coding(response: &Response) -> Option<&'static str> {
    let values = response.headers().get_all(CONTENT_ENCODING);
    let mut codings = values
        .iter()
        .flat_map(|value| value.to_str().unwrap_or("unreadable").split(','))
        .map(str::trim)
        .filter(|coding| !coding.is_empty() && !coding.eq_ignore_ascii_case("identity"));
    let coding = codings.next()?;
    let known = ["gzip", "deflate", "br", "zstd"];
    let named = known.iter().find(|name| coding.eq_ignore_ascii_case(name));
    Some(named.copied().unwrap_or("another coding"))
}

/// Returns `true` if a reply of this status has no body.
fn is_empty_by_status(status: StatusCode) -> bool {
    matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT)
}

/// Creates the error for a reply without content, which cannot be a reply to one of our requests.
fn no_content(response: &Response) -> EngineError {
    let status = response.status().as_u16();
    let what = format!("the server answered without content (HTTP {status}), check the base URL");
    let error = EngineError::new(ErrorKind::MalformedResponse, what).with_status(status);
    match response.request_id() {
        Some(id) => error.with_request_id(response.redactor().label(id)),
        None => error,
    }
}

/// Creates the error for a compressed reply. Requests state that they accept none, so this is a
/// mistake of a proxy or server, which a retry would not change.
fn compressed(response: &Response, coding: &str) -> EngineError {
    let error = EngineError::new(
        ErrorKind::MalformedResponse,
        format!(
            "the server compressed its reply ({coding}), although `accept-encoding: identity` was \
             asked for; turn compression off at the server or at the proxy before it"
        ),
    )
    .with_status(response.status().as_u16());
    match response.request_id() {
        Some(id) => error.with_request_id(response.redactor().label(id)),
        None => error,
    }
}

/// Converts a reply into its error, reading as much of the body as the limits allow.
async fn read_error(mut response: Response, is_readable: bool) -> EngineError {
    let body = if is_readable {
        response.error_body().await
    } else {
        Bytes::new()
    };
    error_for_status(
        response.status(),
        response.headers(),
        &body,
        response.redactor(),
    )
}
