//! [`Error`]: the cause of a failed operation of a store.

use std::{error::Error as StdError, fmt};

use geppetto_engine::{EngineError, StoreError};

/// Kind of an [`Error`]. Programs branch on the kind; the message is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The lease is no longer valid: another owner claimed the session, or the session was deleted.
    /// Nothing was written, and nothing can be written with this lease.
    Fenced,
    /// Another owner holds the session.
    Held,
    /// The session, turn or effect does not exist.
    NotFound,
    /// The session exists already.
    Exists,
    /// The batch or the argument violates the contract, such as a gap in the event numbers. Nothing
    /// was written; the same batch fails again.
    Invalid,
    /// An earlier sync failed. The store rejects writes until it is opened again, because it is
    /// unknown what the disk has.
    Poisoned,
    /// The disk is full, or a quota is exhausted. Nothing was written.
    Full,
    /// The storage cannot be written to.
    ReadOnly,
    /// The storage is not a store, or its data is damaged.
    Corrupt,
    /// The storage was written by a newer version.
    TooNew,
    /// Another failure of the storage, such as an I/O error or a lost connection. If it occurred
    /// during an append, the batch may have been written: append it again.
    Unavailable,
}

/// Failure of a store.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Creates an error. `message` describes what happened and, if possible, what to do.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: message.into(),
                source: None,
            }),
        }
    }

    /// Creates the error of a write with a lease that is no longer valid.
    #[must_use]
    pub fn fenced(session: &str) -> Self {
        let message = format!(
            "session `{session}` has another owner now, or was deleted; this lease cannot write"
        );
        Self::new(ErrorKind::Fenced, message)
    }

    /// Creates the error of a session that does not exist.
    #[must_use]
    pub fn no_session(session: &str) -> Self {
        Self::new(
            ErrorKind::NotFound,
            format!("there is no session `{session}`"),
        )
    }

    /// Creates the error of a turn that does not exist.
    #[must_use]
    pub fn no_turn(session: &str, index: u64) -> Self {
        let message = format!("session `{session}` has no turn {index}");
        Self::new(ErrorKind::NotFound, message)
    }

    /// Creates the error of a batch or argument that violates the contract.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// Sets the source of the error.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.inner.source = Some(source.into());
        self
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns `true` if the lease is no longer valid.
    #[must_use]
    pub fn is_fenced(&self) -> bool {
        self.kind() == ErrorKind::Fenced
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.inner.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.inner.kind)
            .field("message", &self.inner.message)
            .field("source", &self.inner.source)
            .finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let source: &(dyn StdError + 'static) = self.inner.source.as_deref()?;
        Some(source)
    }
}

impl From<Error> for EngineError {
    /// A fenced write ends a run with [`ErrorKind::Fenced`](geppetto_engine::ErrorKind::Fenced),
    /// any other failure with [`ErrorKind::Other`](geppetto_engine::ErrorKind::Other), not
    /// retryable.
    fn from(error: Error) -> Self {
        let kind = if error.is_fenced() {
            geppetto_engine::ErrorKind::Fenced
        } else {
            geppetto_engine::ErrorKind::Other
        };
        Self::new(kind, error.to_string())
            .with_retryable(false)
            .with_source(error)
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        let message = error.to_string();
        let stored = if error.is_fenced() {
            Self::fenced(message)
        } else {
            Self::new(message)
        };
        stored.with_source(error)
    }
}
