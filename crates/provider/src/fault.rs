//! [`Fault`]: a problem with a reply, reported by a fold.

use geppetto_engine::ErrorKind;

/// Problem of a reply, as reported by a fold: the server's error as received, not yet classified or
/// redacted.
///
/// The engine converts it to an error: it classifies the server's message with one table for all
/// providers ([`geppetto_transport::error_in_reply`]), masks secrets, and decides whether to retry
/// the request. One pointer wide.
#[derive(Debug)]
pub struct Fault(Box<FaultKind>);

#[derive(Debug)]
pub(crate) enum FaultKind {
    Syntax(serde_json::Error),
    Reported(Box<str>),
    Malformed(&'static str, serde_json::Error),
    NotAReply(&'static str),
    TooMany(&'static str),
    Failed(ErrorKind, Box<str>, Box<str>),
    Blocked(Box<str>, Box<str>),
    Final(ErrorKind, &'static str),
}

impl Fault {
    /// The frame or body is not JSON of this wire, and the fold has consumed nothing of it. The
    /// engine repairs the text if it can, and passes it again.
    #[must_use]
    pub fn syntax(error: serde_json::Error) -> Self {
        Self(Box::new(FaultKind::Syntax(error)))
    }

    /// The server reports an error. `raw` is the error object or the entire frame, as sent: JSON,
    /// or plain text.
    #[must_use]
    pub fn reported(raw: &str) -> Self {
        Self(Box::new(FaultKind::Reported(raw.into())))
    }

    /// A part of the frame cannot be read and must not be ignored. `what` names it, with an
    /// article: "an item".
    #[must_use]
    pub fn malformed(what: &'static str, error: serde_json::Error) -> Self {
        Self(Box::new(FaultKind::Malformed(what, error)))
    }

    /// The body is JSON, but not a reply of this wire. `message` is the message of the error, and
    /// should name the base URL as the likely cause. A body that reports an error in one of the
    /// usual fields results in that error.
    #[must_use]
    pub fn not_a_reply(message: &'static str) -> Self {
        Self(Box::new(FaultKind::NotAReply(message)))
    }

    /// The reply contains more than [`MAX_ENTRIES`](crate::read::MAX_ENTRIES) elements of one kind,
    /// in the plural: "tool calls".
    #[must_use]
    pub fn too_many(what: &'static str) -> Self {
        Self(Box::new(FaultKind::TooMany(what)))
    }

    /// The finish reason `reason` means that the server failed
    /// ([`Meaning::Failed`](crate::rules::Meaning)).
    #[must_use]
    pub fn failed(kind: ErrorKind, reason: &str) -> Self {
        Self::failed_because(kind, reason, "")
    }

    /// Same as [`failed`](Self::failed), for a server that explains the reason; an empty `message`
    /// is no explanation.
    #[must_use]
    pub fn failed_because(kind: ErrorKind, reason: &str, message: &str) -> Self {
        Self(Box::new(FaultKind::Failed(
            kind,
            reason.into(),
            message.into(),
        )))
    }

    /// The server refused the prompt because of its contents, instead of replying: an error of kind
    /// [`ContentFiltered`](ErrorKind::ContentFiltered). `message` may be empty.
    #[must_use]
    pub fn blocked(reason: &str, message: &str) -> Self {
        Self(Box::new(FaultKind::Blocked(reason.into(), message.into())))
    }

    /// Any other problem. `message` is the message of the error. Not retried.
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
