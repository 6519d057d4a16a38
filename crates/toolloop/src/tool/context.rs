//! [`ToolContext`].

use geppetto_engine::RunContext;
use tokio_util::sync::WaitForCancellationFuture;

/// What a tool knows about the call that it runs for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToolContext {
    /// The run's context: ids, deadline, sinks, extensions. It is cancelled when the run is, and
    /// when the tool's time is up.
    pub run: RunContext,
    /// The call's id, as the model or its provider gave it.
    pub call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// Names the effect that the call is to have: the same for all attempts at one call, and
    /// different for any two calls. Pass it on to services that must not do a thing twice.
    pub idempotency_key: String,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

impl ToolContext {
    /// Waits until the call is to stop: the run was cancelled, or the tool's time is up.
    ///
    /// A tool that returns within [`TOOL_CANCEL_GRACE`](crate::TOOL_CANCEL_GRACE) after that has
    /// its result kept.
    pub fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        self.run.cancelled()
    }

    /// Whether the call is to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.run.is_cancelled()
    }
}
