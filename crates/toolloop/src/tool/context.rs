//! [`ToolContext`].

use geppetto_engine::{Cancelled, Extensions, RunContext};

/// The call that a tool runs for, and its run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToolContext {
    /// The context of this call, an [inner](RunContext::inner) one of its run: an engine, a tool
    /// loop or a session that is started in it is cancelled when the run is and when the tool's
    /// time is up, and its tokens are added to the run's. Its events are its own: they are seen
    /// where [`with_event_sinks`](RunContext::with_event_sinks) sends them. Logs, infos and custom
    /// events that the tool itself publishes are events of the run.
    pub run: RunContext,
    /// The call's id, as the model or its provider gave it.
    pub call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// Names the effect that the call is to have: the same for all attempts at one call, and
    /// different for any two calls. Pass it on to services that must not do a thing twice.
    pub idempotency_key: String,
    /// The number of the attempt, starting at 1.
    pub attempt: u32,
    /// The state of the registry; see [`state`](Self::state).
    pub(crate) state: Extensions,
}

impl ToolContext {
    /// Returns the state of a type, from
    /// [`ToolRegistry::with_state`](crate::ToolRegistry::with_state).
    ///
    /// Tools made by [`tool_fn`](crate::tool_fn) have it, and may take it as an argument instead:
    /// [`State`](crate::State).
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.state.get()
    }

    /// Waits until the call should stop: the run was cancelled, or the tool's time is up.
    ///
    /// A tool that returns within [`TOOL_CANCEL_GRACE`](crate::TOOL_CANCEL_GRACE) after that has
    /// its result kept.
    pub fn cancelled(&self) -> Cancelled<'_> {
        self.run.cancelled()
    }

    /// Returns `true` if the call should stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.run.is_cancelled()
    }
}
