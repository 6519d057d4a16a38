//! [`TransportError`]: failure to send a request or to read its reply.

use std::{error::Error as StdError, fmt, time::Duration};

use geppetto_engine::{EngineError, ErrorKind};

#[cfg(test)]
mod tests;

/// Time limit that passed; see [`Timeouts`](crate::Timeouts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// Name resolution, the TCP handshake or the TLS handshake.
    Connect,
    /// From sending the request to receiving the headers of the reply.
    FirstByte,
    /// Between two reads of the body.
    Idle,
    /// From one event of a stream to the next, or until the end of a body that is read as a whole,
    /// while bytes kept arriving.
    Message,
    /// The whole attempt, from sending the request to the end of the body.
    Total,
}

/// Kind of a [`TransportError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// A time limit passed.
    Timeout(TimeoutPhase),
    /// No connection could be established: name resolution failed, refused, unreachable.
    Connect,
    /// The server was reached, but the TLS handshake failed; usually its certificate is not
    /// trusted.
    Tls,
    /// The connection broke before or while the reply was read.
    Disconnected,
    /// The server does not speak HTTP, or sent too many headers.
    Protocol,
    /// The body, or one event in it, exceeds the limit.
    TooLarge,
    /// The server sent a redirect; redirects are not followed.
    Redirect,
    /// The request is invalid: its URL, a header or a key.
    InvalidRequest,
    /// Any other failure, described by the message and the source.
    Other,
}

/// Error returned if a request was not answered or a body could not be read to its end.
///
/// Opaque and one pointer wide, so that it can grow. Never contains secrets: URLs are omitted, and
/// callers that construct one must redact its text. `EngineError::from` converts it into the error
/// of an engine and keeps the source.
pub struct TransportError {
    inner: Box<Inner>,
}

struct Inner {
    kind: TransportErrorKind,
    message: String,
    stale: bool,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl TransportError {
    /// Creates an error. `message` describes what happened and, if possible, what to do.
    pub fn new(kind: TransportErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: message.into(),
                stale: false,
                source: None,
            }),
        }
    }

    /// Creates the error for a `limit` that passed.
    #[must_use]
    pub fn timeout(phase: TimeoutPhase, limit: Duration) -> Self {
        let message = match phase {
            TimeoutPhase::Connect => format!("no connection within {limit:?}"),
            TimeoutPhase::FirstByte => format!("no reply began within {limit:?}"),
            TimeoutPhase::Idle => format!("the reply stalled: no bytes for {limit:?}"),
            TimeoutPhase::Message => {
                format!("bytes kept coming, but no whole message within {limit:?}")
            }
            TimeoutPhase::Total => format!("the reply was not complete within {limit:?}"),
        };
        Self::new(TransportErrorKind::Timeout(phase), message)
    }

    /// Sets the source. It must not contain secrets or a URL with a key.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Marks a failure on a reused idle connection, which the server may have closed before it
    /// received the request. [`HttpClient`](crate::HttpClient) retries such a request once,
    /// immediately and without charging the retry budget.
    #[must_use]
    pub fn with_stale_connection(mut self) -> Self {
        self.inner.stale = true;
        self
    }

    /// Returns `true` for a failure on a reused idle connection.
    #[must_use]
    pub fn is_stale_connection(&self) -> bool {
        self.inner.stale
    }

    /// Returns the kind of failure.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.inner.kind
    }

    /// Returns `true` if a time limit passed, in any phase.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.inner.kind, TransportErrorKind::Timeout(_))
    }

    /// Returns a one-line description of the failure.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.inner.message
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportError")
            .field("kind", &self.inner.kind)
            .field("message", &self.inner.message)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.inner
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}

/// Maps the kind. TLS failures and passed `message` and `total` limits are not retryable: the next
/// attempt would meet the same certificate, and after such a long wait the caller should decide.
impl From<TransportError> for EngineError {
    fn from(error: TransportError) -> Self {
        let Inner {
            kind,
            message,
            source,
            stale: _,
        } = *error.inner;
        let mapped = match kind {
            TransportErrorKind::Timeout(_) => ErrorKind::Timeout,
            TransportErrorKind::Connect | TransportErrorKind::Tls => ErrorKind::Connect,
            TransportErrorKind::Disconnected => ErrorKind::Disconnected,
            TransportErrorKind::Protocol | TransportErrorKind::TooLarge => {
                ErrorKind::MalformedResponse
            }
            TransportErrorKind::Redirect | TransportErrorKind::InvalidRequest => {
                ErrorKind::Configuration
            }
            TransportErrorKind::Other => ErrorKind::Other,
        };
        let mut engine = Self::new(mapped, message);
        if matches!(
            kind,
            TransportErrorKind::Tls
                | TransportErrorKind::Timeout(TimeoutPhase::Message | TimeoutPhase::Total)
        ) {
            engine = engine.with_retryable(false);
        }
        match source {
            Some(source) => engine.with_source(source),
            None => engine,
        }
    }
}
