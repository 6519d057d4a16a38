//! [`Expect`]: what should come of a fault.

use std::time::Duration;

use geppetto_engine::ErrorKind;

use crate::cell::Wire;

/// What should come of a fault in one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expect {
    /// The error and whether it can be retried; none when the reply is good all the same.
    pub(crate) error: Option<(ErrorKind, bool)>,
    /// What the error says; `{server}` stands for its address. One that ends in `…` is how the
    /// message begins.
    pub(crate) says: &'static str,
    pub(crate) attempts: u32,
    /// How many of the attempts get as far as a request that the server reads.
    pub(crate) requests: u32,
    pub(crate) holds: Holds,
    pub(crate) waits: Waits,
}

/// What the turn holds of the reply at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Nothing,
    /// The first delta, marked as incomplete.
    FirstDelta,
    /// Both deltas, marked as incomplete: it is not known that this is all.
    BothDeltas,
    /// The whole reply.
    All,
    /// The whole reply, its first delta doubled.
    Doubled,
}

/// What the time until the end is spent on, with the default settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// Nothing but backoff between the attempts.
    Backoff,
    /// A limit in each attempt, in seconds, and backoff.
    Limit(u64),
    /// What the server asks for between the attempts, in milliseconds.
    Asked(u64),
}

/// The most that the default policy waits before the second and the third attempt, in
/// milliseconds.
const BACKOFF: [u64; 3] = [0, 500, 1500];

impl Expect {
    /// An error that no retry helps against.
    pub(crate) const fn fails(kind: ErrorKind, says: &'static str) -> Self {
        Self {
            error: Some((kind, false)),
            says,
            attempts: 1,
            requests: 1,
            holds: Holds::Nothing,
            waits: Waits::Backoff,
        }
    }

    /// An error that a retry can help against, met in all three attempts.
    pub(crate) const fn recurs(kind: ErrorKind, says: &'static str) -> Self {
        Self {
            error: Some((kind, true)),
            attempts: 3,
            requests: 3,
            ..Self::fails(kind, says)
        }
    }

    /// An error after something was shown, which forbids another attempt.
    pub(crate) const fn breaks(kind: ErrorKind, says: &'static str, holds: Holds) -> Self {
        Self {
            error: Some((kind, true)),
            holds,
            ..Self::fails(kind, says)
        }
    }

    /// No error at all.
    pub(crate) const GOOD: Self = Self {
        error: None,
        holds: Holds::All,
        ..Self::fails(ErrorKind::Other, "")
    };

    pub(crate) const fn holding(self, holds: Holds) -> Self {
        Self { holds, ..self }
    }

    pub(crate) const fn waiting(self, waits: Waits) -> Self {
        Self { waits, ..self }
    }

    /// The server sees none of it.
    pub(crate) const fn unseen(self) -> Self {
        Self {
            requests: 0,
            ..self
        }
    }

    /// One attempt, although the error can be retried.
    pub(crate) const fn once(self) -> Self {
        Self {
            attempts: 1,
            requests: 1,
            ..self
        }
    }

    /// The least and the most time until the end.
    pub(crate) fn time(&self) -> (Duration, Duration) {
        let attempts = u64::from(self.attempts);
        let backoff = BACKOFF[self.attempts as usize - 1];
        let (least, most) = match self.waits {
            Waits::Backoff => (0, backoff),
            Waits::Limit(seconds) => {
                let limits = attempts * seconds * 1000;
                (limits, limits + backoff)
            }
            Waits::Asked(millis) => {
                let asked = (attempts - 1) * millis;
                (asked, asked.max(backoff))
            }
        };
        (Duration::from_millis(least), Duration::from_millis(most))
    }

    /// The names of the events, neighbours that are the same counted once.
    pub(crate) fn events(&self, wire: Wire) -> Vec<&'static str> {
        let metadata = "provider-call-metadata-updated";
        let mut names = vec!["provider-call-started"];
        if self.attempts > 1 {
            names.push("info");
        }
        if self.holds != Holds::Nothing {
            names.extend([
                "text-segment-started",
                "text-delta",
                "text-segment-finished",
            ]);
        }
        match (self.error, wire) {
            (Some(_), _) => names.push("error"),
            (None, Wire::Responses) => names.push(metadata),
            // A segment of a chat is over when the reply is.
            (None, Wire::Chat) => names.insert(names.len() - 1, metadata),
        }
        names.push("provider-call-finished");
        names
    }
}
