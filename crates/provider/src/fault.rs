//! [`Fault`]: what is wrong with a reply, as a fold sees it.

use geppetto_engine::ErrorKind;

/// What is wrong with a reply, as a fold sees it: the server's words, unread and unredacted.
///
/// The engine makes the error: it classifies the words by one table for all providers
/// ([`geppetto_transport::error_in_reply`]), masks secrets, and decides whether the request is
/// repeated. One pointer wide.
#[derive(Debug)]
pub struct Fault(Box<FaultKind>);

#[derive(Debug)]
pub(crate) enum FaultKind {
    Syntax(serde_json::Error),
    Reported(Box<str>),
    Malformed(&'static str, serde_json::Error),
    NotAReply(&'static str),
    TooMany(&'static str),
    Failed(ErrorKind, Box<str>),
    Final(ErrorKind, &'static str),
}

impl Fault {
    /// The frame or body is not JSON of this wire, and nothing of it was taken. The engine mends
    /// the text if it can, and hands it in again.
    #[must_use]
    pub fn syntax(error: serde_json::Error) -> Self {
        Self(Box::new(FaultKind::Syntax(error)))
    }

    /// The server reports an error. `raw` is the object of the error or all of the frame, as it was
    /// sent: JSON, or words.
    #[must_use]
    pub fn reported(raw: &str) -> Self {
        Self(Box::new(FaultKind::Reported(raw.into())))
    }

    /// A part of the frame cannot be read and must not be left out. `what` names it, with an
    /// article: "an item".
    #[must_use]
    pub fn malformed(what: &'static str, error: serde_json::Error) -> Self {
        Self(Box::new(FaultKind::Malformed(what, error)))
    }

    /// The body is JSON, and no reply of this wire. `message` is the message of the error, and
    /// should name the base URL as the likely cause. A body that reports an error by any of the
    /// usual fields becomes that error.
    #[must_use]
    pub fn not_a_reply(message: &'static str) -> Self {
        Self(Box::new(FaultKind::NotAReply(message)))
    }

    /// The reply holds more than [`MAX_ENTRIES`](crate::read::MAX_ENTRIES) of something, in the
    /// plural: "tool calls".
    #[must_use]
    pub fn too_many(what: &'static str) -> Self {
        Self(Box::new(FaultKind::TooMany(what)))
    }

    /// The finish reason `reason` says that the server failed
    /// ([`Meaning::Failed`](crate::rules::Meaning)).
    #[must_use]
    pub fn failed(kind: ErrorKind, reason: &str) -> Self {
        Self(Box::new(FaultKind::Failed(kind, reason.into())))
    }

    /// Anything else. `message` is the message of the error. Not repeated.
    #[must_use]
    pub fn new(kind: ErrorKind, message: &'static str) -> Self {
        Self(Box::new(FaultKind::Final(kind, message)))
    }

    pub(crate) fn is_syntax(&self) -> bool {
        matches!(*self.0, FaultKind::Syntax(_))
    }

    pub(crate) fn into_kind(self) -> FaultKind {
        *self.0
    }
}
