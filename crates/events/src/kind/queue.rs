//! Events of a session's queue.

use serde::{Deserialize, Serialize};

/// The queue of prompts was paused or resumed, or changed while it is paused.
///
/// It belongs to the session, not to a run, and may come at any time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct QueueUpdated {
    /// `true` if no queued prompt starts until the queue is resumed.
    pub paused: bool,
    /// The number of prompts in the queue.
    pub waiting: u64,
    /// Why the queue is paused, for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl QueueUpdated {
    /// A queue that is paused for `reason`.
    pub fn paused(waiting: u64, reason: impl Into<String>) -> Self {
        Self {
            paused: true,
            waiting,
            reason: Some(reason.into()),
        }
    }

    /// A queue that was resumed.
    #[must_use]
    pub fn resumed(waiting: u64) -> Self {
        Self {
            paused: false,
            waiting,
            reason: None,
        }
    }
}
