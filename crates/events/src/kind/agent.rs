//! Events of an agent that a tool runs.

use serde::{Deserialize, Serialize};

use super::AppEvent;
use crate::Event;

/// An event of another session, run by a tool of this one, such as a sub-agent.
///
/// Published on the tool's context, it becomes an event of the outer run with the correlation of the
/// tool call, so that a reader of the outer session can show what the agent does. Forward complete
/// segments rather than deltas: every event is numbered and stored with the outer session.
///
/// ```
/// use geppetto_events::{Event, EventKind, kind::{AgentEvent, RunStarted}};
///
/// let inner = Event::new(EventKind::RunStarted(RunStarted::new("find the bug")));
/// let outer = Event::from_app(&AgentEvent::new(inner.clone()))?;
/// assert_eq!(outer.to_app::<AgentEvent>().transpose()?.map(|own| own.event), Some(inner));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AgentEvent {
    /// The event of the inner session, with its own sequence number and correlation.
    pub event: Event,
}

impl AgentEvent {
    /// Wraps an event of an inner session.
    #[must_use]
    pub fn new(event: Event) -> Self {
        Self { event }
    }
}

impl AppEvent for AgentEvent {
    const TYPE: &'static str = "agent-event";
}
