//! Events of a session's queue.

use serde::{Deserialize, Serialize};

/// The prompt queue was paused or resumed, or changed while paused.
///
/// Belongs to the session rather than to a run; valid in any position.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct QueueUpdated {
    /// `true` if queued prompts do not start until the queue is resumed.
    pub paused: bool,
    /// Number of queued prompts.
    pub waiting: u64,
    /// Human-readable reason that the queue is paused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl QueueUpdated {
    /// Creates the event for a queue paused for `reason`.
    pub fn paused(waiting: u64, reason: impl Into<String>) -> Self {
        Self {
            paused: true,
            waiting,
            reason: Some(reason.into()),
        }
    }

    /// Creates the event for a resumed queue.
    #[must_use]
    pub fn resumed(waiting: u64) -> Self {
        Self {
            paused: false,
            waiting,
            reason: None,
        }
    }
}
