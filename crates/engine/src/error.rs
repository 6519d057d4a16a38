//! [`EngineError`]: the cause of a failed inference, whether a retry can succeed, and the
//! provider's message.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use geppetto_turns::printable;

#[cfg(test)]
mod tests;

/// Kind of an [`EngineError`].
///
/// Programs branch on the kind; the message is for users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The run was cancelled by its caller.
    Cancelled,
    /// A time limit passed: connecting, waiting for the first byte, or between bytes.
    Timeout,
    /// No connection could be established: name resolution, connection refused, TLS.
    Connect,
    /// The connection was lost before or during the reply.
    Disconnected,
    /// The reply ended before the provider's completion marker. The partial reply is kept.
    Truncated,
    /// The provider violated its protocol.
    MalformedResponse,
    /// The credentials are missing or wrong (HTTP 401).
    Authentication,
    /// The credentials do not allow this (HTTP 403).
    PermissionDenied,
    /// The model or the endpoint does not exist (HTTP 404).
    NotFound,
    /// The provider refused the request as invalid (HTTP 400, 413, 422 and other 4xx).
    InvalidRequest,
    /// The prompt, alone or together with the requested output, exceeds the model's context window.
    /// The same request fails again; a shorter history may succeed.
    ContextTooLong,
    /// Too many requests (HTTP 429), or an exhausted quota or credit (HTTP 429, 402).
    /// [`EngineError::is_quota_exhausted`] distinguishes the two.
    RateLimited,
    /// The provider is temporarily overloaded (HTTP 503, 529).
    Overloaded,
    /// The provider failed (other HTTP 5xx, or an error within a reply).
    Server,
    /// The provider's content policy stopped the prompt or the reply.
    ContentFiltered,
    /// A setting or a request is invalid; nothing was sent.
    Configuration,
    /// A tool failed in a way that ends the run
    /// ([`ToolErrorHandling::Abort`](crate::ToolErrorHandling::Abort)).
    Tool,
    /// Another process owns the session, and the store rejects writes of this process. Reported by
    /// a journal or a store. The run ends without another write: the journal is not called again
    /// and the turn is not stored. Its terminal event only reaches readers of this process.
    Fenced,
    /// An engine, a middleware or a hook panicked, which ended only that run.
    Panicked,
    /// The runtime shut down during the run, and dropped its task.
    Shutdown,
    /// Any other failure; see the message and the source.
    Other,
}

impl ErrorKind {
    /// Returns the kind in `snake_case`, as in logs and events.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Disconnected => "disconnected",
            Self::Truncated => "truncated",
            Self::MalformedResponse => "malformed_response",
            Self::Authentication => "authentication",
            Self::PermissionDenied => "permission_denied",
            Self::NotFound => "not_found",
            Self::InvalidRequest => "invalid_request",
            Self::ContextTooLong => "context_too_long",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Server => "server",
            Self::ContentFiltered => "content_filtered",
            Self::Configuration => "configuration",
            Self::Tool => "tool",
            Self::Fenced => "fenced",
            Self::Panicked => "panicked",
            Self::Shutdown => "shutdown",
            Self::Other => "other",
        }
    }

    /// Returns `true` if the same request can succeed later.
    #[must_use]
    pub fn is_transient(self) -> bool {
        matches!(
            self,
            Self::Timeout
                | Self::Connect
                | Self::Disconnected
                | Self::Truncated
                | Self::RateLimited
                | Self::Overloaded
                | Self::Server
        )
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Error of a failed inference.
///
/// One pointer wide and opaque, so that it can grow without breaking changes. `Display` is one line
/// for people; [`source`](StdError::source) keeps the cause. Neither contains a secret: text must
/// be redacted before it is passed to an error.
pub struct EngineError {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    retryable: Option<bool>,
    retry_after: Option<Duration>,
    status: Option<u16>,
    request_id: Option<String>,
    provider_code: Option<String>,
    provider_message: Option<String>,
    rejected_output: Option<String>,
    quota_exhausted: bool,
    retry_limit: Option<Arc<dyn RetryLimit>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// Limit on retries, shared by all requests of a client.
///
/// An error carries it from the HTTP client to the layers that may retry the request, so that one
/// budget bounds all retries.
pub trait RetryLimit: Send + Sync {
    /// Takes a permit for one retry. Returns `false` if the budget is exhausted. Must not block.
    fn withdraw(&self) -> bool;
}

impl EngineError {
    /// Creates an error of `kind`. `message` describes what happened and, if possible, what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: message.into(),
                retryable: None,
                retry_after: None,
                status: None,
                request_id: None,
                provider_code: None,
                provider_message: None,
                rejected_output: None,
                quota_exhausted: false,
                retry_limit: None,
                source: None,
            }),
        }
    }

    /// Creates the error of a run that was cancelled by its caller.
    #[must_use]
    pub fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "the run was cancelled")
    }

    /// Creates the error of a run that was cancelled with `reason`.
    #[must_use]
    pub fn cancelled_because(reason: &str) -> Self {
        let message = format!("the run was cancelled: {reason}");
        Self::new(ErrorKind::Cancelled, message)
    }

    /// Sets the source of this error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Overrides whether the error is retryable; by default the kind decides
    /// ([`ErrorKind::is_transient`]).
    #[must_use]
    pub fn with_retryable(mut self, retryable: bool) -> Self {
        self.inner.retryable = Some(retryable);
        self
    }

    /// Sets the limit from which retries of the request draw. No limit by default.
    #[must_use]
    pub fn with_retry_limit(mut self, limit: Arc<dyn RetryLimit>) -> Self {
        self.inner.retry_limit = Some(limit);
        self
    }

    /// Sets the delay that the provider requested before the next attempt.
    #[must_use]
    pub fn with_retry_after(mut self, after: Duration) -> Self {
        self.inner.retry_after = Some(after);
        self
    }

    /// Sets the HTTP status of the reply.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// Sets the provider's id of the request, for its support.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.inner.request_id = Some(id.into());
        self
    }

    /// Sets the provider's own error code or type, as sent.
    #[must_use]
    pub fn with_provider_code(mut self, code: impl Into<String>) -> Self {
        self.inner.provider_code = Some(code.into());
        self
    }

    /// Sets the provider's own error message, as sent.
    #[must_use]
    pub fn with_provider_message(mut self, message: impl Into<String>) -> Self {
        self.inner.provider_message = Some(message.into());
        self
    }

    /// Sets the model output that the provider rejected.
    #[must_use]
    pub fn with_rejected_output(mut self, output: impl Into<String>) -> Self {
        self.inner.rejected_output = Some(output.into());
        self
    }

    /// Marks the error as an exhausted quota or credit, which also makes it not retryable unless
    /// [`with_retryable`](Self::with_retryable) is called after it.
    #[must_use]
    pub fn with_quota_exhausted(mut self) -> Self {
        self.inner.quota_exhausted = true;
        self.with_retryable(false)
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns `true` if the same request can succeed when it is sent again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.inner
            .retryable
            .unwrap_or_else(|| self.inner.kind.is_transient())
    }

    /// Takes a permit for one retry of the request. Returns `false` if the error is not
    /// [retryable](Self::is_retryable), or the client's [`RetryLimit`] is exhausted. `true` permits
    /// at most one retry.
    #[must_use]
    pub fn take_retry_permit(&self) -> bool {
        let limit = self.inner.retry_limit.as_ref();
        self.is_retryable() && limit.is_none_or(|limit| limit.withdraw())
    }

    /// Returns `true` if the caller cancelled the run.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.inner.kind == ErrorKind::Cancelled
    }

    /// Returns the delay that the provider requested before the next attempt.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// Returns the HTTP status of the reply, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// Returns the provider's id of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.inner.request_id.as_deref()
    }

    /// Returns the provider's own error code or type, as sent.
    #[must_use]
    pub fn provider_code(&self) -> Option<&str> {
        self.inner.provider_code.as_deref()
    }

    /// Returns the provider's own error message, as sent.
    #[must_use]
    pub fn provider_message(&self) -> Option<&str> {
        self.inner.provider_message.as_deref()
    }

    /// Returns the model output that the provider rejected, such as a tool call that it could not
    /// parse (Groq's `failed_generation`). Applications may repair it or show it to the model.
    ///
    /// <https://console.groq.com/docs/tool-use>
    #[must_use]
    pub fn rejected_output(&self) -> Option<&str> {
        self.inner.rejected_output.as_deref()
    }

    /// Returns `true` if a quota, credit or plan limit is exhausted, so that a retry within seconds
    /// cannot succeed. [`retry_after`](Self::retry_after) is the time until renewal, if the
    /// provider states it.
    #[must_use]
    pub fn is_quota_exhausted(&self) -> bool {
        self.inner.quota_exhausted
    }

    /// Returns the message, without the provider's own message.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.inner.message
    }
}

impl fmt::Display for EngineError {
    /// Writes the message and the provider's own message, with terminal control characters replaced
    /// ([`printable`](mod@geppetto_turns::printable)). The accessors return both unchanged.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&printable(&self.inner.message))?;
        match &self.inner.provider_message {
            Some(said) if !said.is_empty() && *said != self.inner.message => {
                write!(f, ": {}", printable(said))
            }
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Adds a field that is set. A `main` that fails prints this.
        fn set<T: fmt::Debug>(f: &mut fmt::DebugStruct<'_, '_>, name: &str, value: Option<&T>) {
            if let Some(value) = value {
                f.field(name, value);
            }
        }
        let inner = &*self.inner;
        let mut f = f.debug_struct("EngineError");
        f.field("kind", &inner.kind);
        f.field("message", &inner.message);
        f.field("retryable", &self.is_retryable());
        set(&mut f, "retry_after", inner.retry_after.as_ref());
        set(&mut f, "status", inner.status.as_ref());
        set(&mut f, "request_id", inner.request_id.as_ref());
        set(&mut f, "provider_code", inner.provider_code.as_ref());
        set(&mut f, "provider_message", inner.provider_message.as_ref());
        set(&mut f, "rejected_output", inner.rejected_output.as_ref());
        let exhausted = inner.quota_exhausted.then_some(&true);
        set(&mut f, "quota_exhausted", exhausted);
        set(&mut f, "source", inner.source.as_ref());
        f.finish()
    }
}

impl StdError for EngineError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}
