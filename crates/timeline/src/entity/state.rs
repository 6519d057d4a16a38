//! [`State`]: the progress of an entity.

use serde::{Deserialize, Serialize};

/// Progress of an answer, reasoning, a tool call or an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum State {
    /// The model is writing it.
    #[default]
    Streaming,
    /// A tool call is complete and its tool has not started.
    Requested,
    /// A tool call waits for a person's decision.
    Waiting,
    /// A tool or an agent is running.
    Running,
    /// Complete.
    Done,
    /// It failed, or the reply failed while it was written.
    Failed,
    /// The run was cancelled while it was written, or while an agent ran.
    Cancelled,
    /// The stream ended before it was complete, or the output limit was reached.
    Truncated,
    /// A tool call that was never run: it is incomplete, or the run ended before.
    NotRun,
}

impl State {
    /// Returns `true` if the entity may still change by itself. A waiting tool call changes only by
    /// a person's decision.
    #[must_use]
    pub fn is_active(self) -> bool {
        matches!(self, Self::Streaming | Self::Requested | Self::Running)
    }

    /// Returns the name in JSON, such as `not_run`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Streaming => "streaming",
            Self::Requested => "requested",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Truncated => "truncated",
            Self::NotRun => "not_run",
        }
    }

    /// Returns the state of a text that ended with this finish reason.
    pub(crate) fn of_finish(reason: Option<&str>) -> Self {
        match reason {
            Some("cancelled") => Self::Cancelled,
            Some("failed") => Self::Failed,
            Some("truncated") => Self::Truncated,
            _ => Self::Done,
        }
    }
}
