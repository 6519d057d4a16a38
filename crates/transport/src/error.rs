//! [`TransportError`]: why a request or the reading of its reply failed below the provider.

use std::{error::Error as StdError, fmt, time::Duration};

use geppetto_engine::{EngineError, ErrorKind};

#[cfg(test)]
mod tests;

/// Which time limit passed; see [`Timeouts`](crate::Timeouts).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeoutPhase {
    /// Name resolution, the TCP handshake or the TLS handshake.
    Connect,
    /// From sending the request until the headers of the reply.
    FirstByte,
    /// Between two reads of the body.
    Idle,
    /// From one event of a stream to the next, or until the end of a body that is read as a
    /// whole, while bytes went on arriving.
    Message,
    /// The whole attempt, from sending the request to the end of the body.
    Total,
}

/// What kind of failure a [`TransportError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportErrorKind {
    /// A time limit passed.
    Timeout(TimeoutPhase),
    /// No connection could be made: name resolution, refused, unreachable.
    Connect,
    /// The server was reached, but TLS failed: most often its certificate is not trusted.
    Tls,
    /// The connection broke before the reply began or while it was read.
    Disconnected,
    /// What the server sent is not HTTP, or has more headers than are read.
    Protocol,
    /// The body, or one event in it, is larger than the limit.
    TooLarge,
    /// The server redirects elsewhere; no redirect is followed.
    Redirect,
    /// The request cannot be sent as given: its URL, a header, a key.
    InvalidRequest,
    /// Anything else; the message and the source say what.
    Other,
}

/// A request that was not answered, or a body that could not be read to its end.
///
/// One pointer wide and opaque, so that it can grow. It never holds a secret: URLs are left out
/// of it, and whoever builds one passes redacted text only. `EngineError::from` turns it into
/// the error of an engine; the original's source is kept.
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
    /// An error of `kind`; `message` says what happened and, where it can, what to do.
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

    /// The error of a time limit that passed after `limit`.
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

    /// Keeps what caused this error. The source must hold no secret and no URL with a key.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Marks a failure on a connection that had been idle, which the server may have closed
    /// before it saw the request. [`HttpClient`](crate::HttpClient) sends the request again at once
    /// and without a charge to the retry budget, one time.
    #[must_use]
    pub fn with_stale_connection(mut self) -> Self {
        self.inner.stale = true;
        self
    }

    /// Returns `true` for a failure on a connection that had been idle.
    #[must_use]
    pub fn is_stale_connection(&self) -> bool {
        self.inner.stale
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> TransportErrorKind {
        self.inner.kind
    }

    /// Whether a time limit passed, whichever it was.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.inner.kind, TransportErrorKind::Timeout(_))
    }

    /// What happened, in one line.
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

/// Maps the kind. TLS failures and passed limits on a message or on everything are not retryable:
/// the next attempt would meet the same certificate, and after so long a wait the caller decides.
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
