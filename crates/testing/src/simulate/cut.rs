//! [`Cut`]: the place and kind of an interruption of a simulated run.

use std::{error::Error, fmt, str::FromStr};

#[cfg(test)]
mod tests;

/// Disturbance of a simulated run: its point and kind.
///
/// It is formatted and parsed as `event:12`, `panic:tool:1`, and so on, so that a printed failure
/// can be replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Cut {
    /// No disturbance: `none`.
    #[default]
    None,
    /// The run is cancelled when it waits for the nth time, starting at 0: `wait:n`.
    Wait(u64),
    /// The run is cancelled just before its nth poll, when its pending future is ready as well:
    /// `poll:n`.
    Poll(u64),
    /// The run is cancelled by a sink, within the nth event: `event:n`.
    Event(u64),
    /// The runtime is shut down when the run waits for the nth time: `shutdown:n`.
    Shutdown(u64),
    /// Replies break off, in the nth of many random ways, and are retried: `streams:n`. For cases
    /// whose provider has [`Breaks`](super::Breaks).
    Streams(u64),
    /// The nth call of a seam fails: `error:seam:n`.
    Error(Seam, u64),
    /// The nth call of a seam panics: `panic:seam:n`.
    Panic(Seam, u64),
}

impl Cut {
    /// Returns `true` if the cut cancels the run.
    #[must_use]
    pub fn is_cancel(self) -> bool {
        matches!(self, Self::Wait(_) | Self::Poll(_) | Self::Event(_))
    }

    /// Returns the seam that fails or panics.
    #[must_use]
    pub fn seam(self) -> Option<Seam> {
        match self {
            Self::Error(seam, _) | Self::Panic(seam, _) => Some(seam),
            _ => None,
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Wait(n) => write!(f, "wait:{n}"),
            Self::Poll(n) => write!(f, "poll:{n}"),
            Self::Event(n) => write!(f, "event:{n}"),
            Self::Shutdown(n) => write!(f, "shutdown:{n}"),
            Self::Streams(n) => write!(f, "streams:{n}"),
            Self::Error(seam, n) => write!(f, "error:{seam}:{n}"),
            Self::Panic(seam, n) => write!(f, "panic:{seam}:{n}"),
        }
    }
}

/// Error of a text that is not a [`Cut`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotACut(String);

impl fmt::Display for NotACut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = self;
        write!(
            f,
            "`{text}` is no cut; write none, wait:N, poll:N, event:N, shutdown:N, streams:N, \
             error:SEAM:N or panic:SEAM:N, where SEAM is one of "
        )?;
        for (index, seam) in Seam::ALL.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{seam}")?;
        }
        Ok(())
    }
}

impl Error for NotACut {}

impl FromStr for Cut {
    type Err = NotACut;

    fn from_str(text: &str) -> Result<Self, NotACut> {
        let mut parts = text.split(':');
        let what = parts.next().unwrap_or_default();
        let seam = match what {
            "error" | "panic" => parts.next().and_then(Seam::named),
            _ => None,
        };
        let number = parts.next().and_then(|number| number.parse().ok());
        let cut = match (what, seam, number) {
            ("none", None, None) => Some(Self::None),
            ("wait", None, Some(n)) => Some(Self::Wait(n)),
            ("poll", None, Some(n)) => Some(Self::Poll(n)),
            ("event", None, Some(n)) => Some(Self::Event(n)),
            ("shutdown", None, Some(n)) => Some(Self::Shutdown(n)),
            ("streams", None, Some(n)) => Some(Self::Streams(n)),
            ("error", Some(seam), Some(n)) => Some(Self::Error(seam, n)),
            ("panic", Some(seam), Some(n)) => Some(Self::Panic(seam, n)),
            _ => None,
        };
        cut.filter(|_| parts.next().is_none())
            .ok_or_else(|| NotACut(text.to_owned()))
    }
}

/// Point at which a run calls foreign code, which can fail or panic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Seam {
    /// The engine builder.
    Builder,
    /// The HTTP transport.
    Transport,
    /// The engine.
    Engine,
    /// A middleware, before and after the provider call.
    Middleware,
    /// A tool.
    Tool,
    /// A hook that permits or rejects a tool call.
    Admission,
    /// Any other hook of the tool executor.
    Hook,
    /// An event sink.
    Sink,
    /// The persister.
    Persister,
    /// The id source.
    Ids,
    /// The journal.
    Journal,
    /// The snapshot hook.
    Snapshot,
}

impl Seam {
    /// All seams.
    pub const ALL: &[Self] = &[
        Self::Builder,
        Self::Transport,
        Self::Engine,
        Self::Middleware,
        Self::Tool,
        Self::Admission,
        Self::Hook,
        Self::Sink,
        Self::Persister,
        Self::Ids,
        Self::Journal,
        Self::Snapshot,
    ];

    /// Returns the name used in a [`Cut`], such as `tool`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builder => "builder",
            Self::Transport => "transport",
            Self::Engine => "engine",
            Self::Middleware => "middleware",
            Self::Tool => "tool",
            Self::Admission => "admission",
            Self::Hook => "hook",
            Self::Sink => "sink",
            Self::Persister => "persister",
            Self::Ids => "ids",
            Self::Journal => "journal",
            Self::Snapshot => "snapshot",
        }
    }

    /// Returns `true` if the functions of the seam can return an error. All of them can panic.
    #[must_use]
    pub fn can_fail(self) -> bool {
        !matches!(self, Self::Hook | Self::Sink | Self::Ids | Self::Snapshot)
    }

    /// Returns the name of the component in the error of a run that a panic of this seam ends.
    pub(super) fn culprit(self) -> &'static str {
        match self {
            Self::Builder => "the engine builder",
            // Requests are sent by the engine.
            Self::Transport | Self::Engine => "the engine",
            Self::Middleware => "the middleware",
            Self::Tool => "the tool",
            Self::Admission | Self::Hook => "hook",
            Self::Sink => "sink",
            Self::Persister => "the persister",
            Self::Ids => "the id source",
            Self::Journal => "the journal",
            Self::Snapshot => "the snapshot hook",
        }
    }

    fn named(name: &str) -> Option<Self> {
        let mut all = Self::ALL.iter().copied();
        all.find(|seam| seam.as_str() == name)
    }
}

impl fmt::Display for Seam {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
