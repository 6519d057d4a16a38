//! [`Expect`]: the expected outcome of a fault.

use std::time::Duration;

use geppetto_engine::ErrorKind;

use crate::wire::Wire;

/// Expected outcome of a fault in one cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Expect {
    /// The error, and `true` if it can be retried; `None` if the reply is good nevertheless.
    pub(crate) error: Option<(ErrorKind, bool)>,
    /// Message of the error; `{server}` represents its address, and `{format}` the wire's name of a
    /// reply. One that ends in `…` is a prefix of the message.
    pub(crate) says: &'static str,
    pub(crate) attempts: u32,
    /// Number of attempts that reach the server with a complete request.
    pub(crate) requests: u32,
    pub(crate) holds: Holds,
    pub(crate) waits: Waits,
}

/// Contents of the turn at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holds {
    Nothing,
    /// The first delta, marked as incomplete.
    FirstDelta,
    /// Both deltas, marked as incomplete: it is unknown that this is all.
    BothDeltas,
    /// The complete reply.
    All,
    /// The complete reply, with its first delta doubled.
    Doubled,
}

/// Time until the end, with the default settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waits {
    /// Only backoff between the attempts.
    Backoff,
    /// A time limit in each attempt, in seconds, and backoff.
    Limit(u64),
    /// The delay requested by the server between the attempts, in milliseconds.
    Asked(u64),
}

/// Maximum delays of the default policy before the second and the third attempt, in milliseconds.
const BACKOFF: [u64; 3] = [0, 500, 1500];

impl Expect {
    /// An error that a retry cannot resolve.
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

    /// An error that a retry may resolve, repeated in all three attempts.
    pub(crate) const fn recurs(kind: ErrorKind, says: &'static str) -> Self {
        Self {
            error: Some((kind, true)),
            attempts: 3,
            requests: 3,
            ..Self::fails(kind, says)
        }
    }

    /// An error after some output, which rules out another attempt.
    pub(crate) const fn breaks(kind: ErrorKind, says: &'static str, holds: Holds) -> Self {
        Self {
            error: Some((kind, true)),
            holds,
            ..Self::fails(kind, says)
        }
    }

    /// No error.
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

    /// The server receives none of it.
    pub(crate) const fn unseen(self) -> Self {
        Self {
            requests: 0,
            ..self
        }
    }

    /// One attempt, although the error is retryable.
    pub(crate) const fn once(self) -> Self {
        Self {
            attempts: 1,
            requests: 1,
            ..self
        }
    }

    /// Returns the minimum and the maximum time until the end.
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

    /// Returns the message of the error.
    pub(crate) fn says(&self, wire: Wire, server: &str) -> String {
        let says = self.says.replace("{format}", wire.spec().format);
        says.replace("{server}", server)
    }

    /// Returns the names of the events, without consecutive repetitions.
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
        match (self.error, wire.spec().ends_texts_last) {
            (Some(_), _) => names.push("error"),
            (None, false) => names.push(metadata),
            (None, true) => names.insert(names.len() - 1, metadata),
        }
        names.push("provider-call-finished");
        names
    }
}
