//! [`ResponseId`]: the id of a response, which names its place.

use std::fmt;

/// Place of a response: a turn of a session, and the events of its run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResponseId {
    pub(super) session: String,
    pub(super) turn: u64,
    /// Number of the last event before the run.
    pub(super) after: u64,
}

impl ResponseId {
    pub(super) fn parse(id: &str) -> Option<Self> {
        Self::of_suffix(id.strip_prefix("resp_")?)
    }

    /// Returns the response of an item's id.
    pub(super) fn of_item(id: &str) -> Option<Self> {
        let (_, rest) = id.split_once('_')?;
        let (suffix, _) = rest.rsplit_once('_')?;
        Self::of_suffix(suffix)
    }

    fn of_suffix(suffix: &str) -> Option<Self> {
        let (rest, after) = suffix.rsplit_once('_')?;
        let (session, turn) = rest.rsplit_once('_')?;
        Some(Self {
            session: session.to_owned(),
            turn: turn.parse().ok()?,
            after: after.parse().ok()?,
        })
    }
}

/// Returns the session of a response's id.
pub(crate) fn session_of(id: &str) -> Option<String> {
    ResponseId::parse(id).map(|own| own.session)
}

impl fmt::Display for ResponseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "resp_{}_{}_{}", self.session, self.turn, self.after)
    }
}
