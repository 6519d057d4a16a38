//! [`ToolContext`]: the call for which a tool runs.

use geppetto_engine::{Cancelled, Decision, Extensions, PendingCall, RunContext};

/// The call for which a tool runs, and its run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ToolContext {
    /// Context of this call, an [inner](RunContext::inner) context of the run: an engine, tool loop
    /// or session started in it is cancelled with the run and when the tool's time is up, and its
    /// tokens count towards the run. Its events are separate and go to the sinks of
    /// [`with_event_sinks`](RunContext::with_event_sinks). Logs, infos and custom events published
    /// by the tool itself are events of the run.
    pub run: RunContext,
    /// Id of the call, as sent by the model or its provider.
    pub call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// Idempotency key of the call: the same for all attempts at one call, and different for any
    /// two calls. Pass it on to services that must not perform an action twice.
    pub idempotency_key: String,
    /// Number of the attempt, starting at 1.
    pub attempt: u32,
    /// Present if the call was waiting for a person when an earlier run ended, and this run continues it.
    pub resumed: Option<ResumedCall>,
    /// State of the registry; see [`state`](Self::state).
    pub(crate) state: Extensions,
}

/// A call that was waiting for a person when an earlier run ended, and that a later run continues.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ResumedCall {
    /// The call as recorded: the question, and the data that the tool stored.
    pub pending: PendingCall,
    /// Decision of the person; `None` if no one has decided yet and the hooks allowed the call.
    pub decision: Option<Decision>,
}

impl ToolContext {
    /// Returns the state of a type, from
    /// [`ToolRegistry::with_state`](crate::ToolRegistry::with_state).
    ///
    /// Available to tools created by [`tool_fn`](crate::tool_fn), which can also accept it as an
    /// argument: [`State`](crate::State).
    #[must_use]
    pub fn state<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.state.get()
    }

    /// Completes when the call should stop: the run was cancelled, or the tool's time is up.
    ///
    /// If the tool returns within [`TOOL_CANCEL_GRACE`](crate::TOOL_CANCEL_GRACE) afterwards, its
    /// result is kept.
    pub fn cancelled(&self) -> Cancelled<'_> {
        self.run.cancelled()
    }

    /// Returns `true` if the call should stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.run.is_cancelled()
    }
}
