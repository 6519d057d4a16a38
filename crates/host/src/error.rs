//! [`Error`]: the cause of a failed operation of a host.

use std::{error::Error as StdError, fmt};

use geppetto_session::SessionError;
use geppetto_store::SessionInfo;

/// Kind of an [`Error`]. Programs branch on the kind; the message is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The session or the turn does not exist.
    NotFound,
    /// The session exists already.
    Exists,
    /// Another process runs the session ([`Error::owned_by`]).
    Held,
    /// An inference is running ([`Error::running`]), and the host refuses another one.
    Busy,
    /// The idempotency key was used for another request.
    KeyReused,
    /// The host has as many running inferences or sessions in memory as it may.
    AtCapacity,
    /// The host is shutting down.
    ShuttingDown,
    /// A run of the session was cut off, and a person is to decide about it
    /// ([`CutRuns::Leave`](crate::CutRuns::Leave)).
    CutRun,
    /// The change was not stored and is not acknowledged.
    NotStored,
    /// The store failed.
    Store,
    /// The session refused the request, such as an empty prompt or a decision about a call that does
    /// not wait ([`Error::session_error`]).
    Refused,
}

/// The process that owns a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedBy {
    owner: String,
    address: Option<String>,
}

impl OwnedBy {
    /// Returns the owner of a session as stored. `None` if it is free.
    pub(crate) fn of(info: SessionInfo) -> Option<Self> {
        Some(Self {
            owner: info.owner?,
            address: info.address,
        })
    }

    /// Returns the name of the process ([`HostBuilder::owner`](crate::HostBuilder::owner)).
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// Returns its address ([`HostBuilder::address`](crate::HostBuilder::address)), to which requests
    /// for the session can be sent.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }
}

/// Failure of an operation of a host.
pub struct Error {
    inner: Box<Inner>,
}

struct Inner {
    kind: ErrorKind,
    message: String,
    /// Id of the running inference.
    running: Option<String>,
    owner: Option<OwnedBy>,
    session: Option<SessionError>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                message: message.into(),
                running: None,
                owner: None,
                session: None,
                source: None,
            }),
        }
    }

    pub(crate) fn because(mut self, source: impl StdError + Send + Sync + 'static) -> Self {
        self.inner.source = Some(Box::new(source));
        self
    }

    pub(crate) fn running_is(mut self, run: Option<String>) -> Self {
        self.inner.running = run;
        self
    }

    pub(crate) fn owner_is(mut self, owner: Option<OwnedBy>) -> Self {
        self.inner.owner = owner;
        self
    }

    pub(crate) fn shutting_down() -> Self {
        let message = "the host is shutting down and accepts no requests; send it again later";
        Self::new(ErrorKind::ShuttingDown, message)
    }

    /// Converts the error of a session.
    pub(crate) fn of_session(error: SessionError, running: Option<String>) -> Self {
        let kind = match &error {
            SessionError::Busy { .. } => ErrorKind::Busy,
            SessionError::NotRecorded(_) => ErrorKind::NotStored,
            _ => ErrorKind::Refused,
        };
        let mut own = Self::new(kind, error.to_string()).running_is(running);
        own.inner.session = Some(error);
        own
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Returns the id of the running inference, if the session is [busy](ErrorKind::Busy).
    #[must_use]
    pub fn running(&self) -> Option<&str> {
        self.inner.running.as_deref()
    }

    /// Returns the name of the process that runs the session, if it is [held](ErrorKind::Held).
    #[must_use]
    pub fn owner(&self) -> Option<&str> {
        self.owned_by().map(OwnedBy::owner)
    }

    /// Returns the process that runs the session, with its address if it has one, if the session is
    /// [held](ErrorKind::Held).
    #[must_use]
    pub fn owned_by(&self) -> Option<&OwnedBy> {
        self.inner.owner.as_ref()
    }

    /// Returns the error of the session, if it refused the request.
    #[must_use]
    pub fn session_error(&self) -> Option<&SessionError> {
        self.inner.session.as_ref()
    }

    /// Returns the error of the store, if it failed.
    #[must_use]
    pub fn store_error(&self) -> Option<&geppetto_store::Error> {
        self.inner.source.as_ref()?.downcast_ref()
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
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    /// Returns the source of the store's or the session's error, whose own message is that of this
    /// one.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        if let Some(session) = &self.inner.session {
            return session.source();
        }
        let source: &(dyn StdError + 'static) = self.inner.source.as_deref()?;
        source.source()
    }
}

impl From<geppetto_store::Error> for Error {
    fn from(error: geppetto_store::Error) -> Self {
        use geppetto_store::ErrorKind as Kind;
        let kind = match error.kind() {
            Kind::Held | Kind::Fenced => ErrorKind::Held,
            Kind::NotFound => ErrorKind::NotFound,
            Kind::Exists => ErrorKind::Exists,
            Kind::Invalid => ErrorKind::Refused,
            _ => ErrorKind::Store,
        };
        Self::new(kind, error.to_string()).because(error)
    }
}
