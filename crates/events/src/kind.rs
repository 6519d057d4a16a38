//! Event kinds: one type for each.
//!
//! Wire names are those of geppetto. The enum is open: unknown types decode as
//! [`EventKind::Custom`], and applications publish their own types the same way.

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod agent;
mod citation;
mod custom;
mod info;
mod input;
mod queue;
mod run;
mod segment;
mod server_tool;
mod tool;

pub use agent::AgentEvent;
pub use citation::Citation;
pub use custom::{AppEvent, CustomEvent, RESERVED_FIELDS};
pub use input::{Attachment, InputJoined, InputMessage};
pub use queue::QueueUpdated;
pub use run::{
    AgentModeSwitch, DebuggerPause, ErrorEvent, Info, Interrupt, Log, ProviderCallDiscarded,
    ProviderCallFinished, ProviderCallMetadata, ProviderCallStarted, RunFailed, RunFinished,
    RunStarted, RunStopped,
};
pub use segment::{
    REPLACED, ReasoningDelta, ReasoningFinished, ReasoningSource, ReasoningStarted, TextDelta,
    TextFinished, TextStarted,
};
pub use server_tool::{ServerTool, ServerToolPhase};
pub use tool::{
    ToolCallArgumentsDelta, ToolCallFinished, ToolCallRequested, ToolCallResumed, ToolCallStarted,
    ToolCallWaiting, ToolExecutionStarted, ToolResultReady, ToolStatus,
};

/// Generates the enum and the code that depends only on the list of its variants.
macro_rules! event_kinds {
    ($( $(#[$doc:meta])* $name:ident($payload:ty) = $wire:literal; )*) => {
        /// Kind of an event, with its fields.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum EventKind {
            $( $(#[$doc])* $name($payload), )*
            /// Progress of a tool run by the provider, such as web search.
            ServerTool(Box<ServerTool>),
            /// Event of an unknown type.
            Custom(CustomEvent),
        }

        impl EventKind {
            /// Wire names of the variants that have exactly one, in declaration order. Those of
            /// [`ServerTool`](Self::ServerTool) are in [`ServerTool::NAMES`].
            pub const TYPE_NAMES: &[&str] = &[$($wire),*];

            /// Returns the wire name of the type.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    Self::ServerTool(event) => event.type_name(),
                    Self::Custom(event) => &event.event_type,
                    $( Self::$name(_) => $wire, )*
                }
            }

            /// Decodes the kind of a type known to this crate from the event's fields.
            pub(crate) fn decode(
                event_type: &str,
                fields: &Value,
            ) -> Option<Result<Self, serde_json::Error>> {
                if let Some(event) = ServerTool::decode(event_type, fields) {
                    return Some(event.map(|event| Self::ServerTool(Box::new(event))));
                }
                match event_type {
                    $( $wire => Some(<$payload>::deserialize(fields).map(Self::$name)), )*
                    _ => None,
                }
            }

            /// Passes the fields of the event to `visitor`.
            pub(crate) fn visit<V: Visitor>(&self, visitor: V) -> V::Output {
                match self {
                    Self::ServerTool(event) => event.visit(visitor),
                    Self::Custom(event) => visitor.visit(&*custom::own_fields(&event.fields)),
                    $( Self::$name(payload) => visitor.visit(payload), )*
                }
            }
        }
    };
}

/// Receives the fields of an event, whatever its kind.
pub(crate) trait Visitor {
    /// Result of the visit.
    type Output;

    /// Receives the fields.
    fn visit<P: Serialize>(self, fields: &P) -> Self::Output;
}

event_kinds! {
    /// A run started; first event of every run.
    RunStarted(RunStarted) = "run-started";
    /// A run completed; last event of the run.
    RunFinished(RunFinished) = "run-finished";
    /// A run was stopped because it was cancelled, hit a limit, or has tool calls that wait for a
    /// person; last event of the run.
    RunStopped(RunStopped) = "run-stopped";
    /// A run failed; last event of the run.
    RunFailed(RunFailed) = "run-failed";
    /// Messages joined the conversation of a run in progress.
    InputJoined(InputJoined) = "input-joined";
    /// A request is being sent to the provider.
    ProviderCallStarted(ProviderCallStarted) = "provider-call-started";
    /// The provider reported metadata of its reply: usage or stop reason.
    ProviderCallMetadataUpdated(ProviderCallMetadata) = "provider-call-metadata-updated";
    /// The provider's reply ended, complete or not.
    ProviderCallFinished(Box<ProviderCallFinished>) = "provider-call-finished";
    /// The output of a finished call is discarded: the call was interrupted or its answer violated
    /// the schema, and a new reply replaces it.
    ProviderCallDiscarded(ProviderCallDiscarded) = "provider-call-discarded";
    /// A text segment started.
    TextSegmentStarted(TextStarted) = "text-segment-started";
    /// Fragment of a text segment.
    TextDelta(TextDelta) = "text-delta";
    /// A text segment ended.
    TextSegmentFinished(TextFinished) = "text-segment-finished";
    /// A reasoning segment started.
    ReasoningSegmentStarted(ReasoningStarted) = "reasoning-segment-started";
    /// Fragment of a reasoning segment.
    ReasoningDelta(ReasoningDelta) = "reasoning-delta";
    /// A reasoning segment ended.
    ReasoningSegmentFinished(ReasoningFinished) = "reasoning-segment-finished";
    /// The model started to write a tool call.
    ToolCallStarted(ToolCallStarted) = "tool-call-started";
    /// Fragment of tool call arguments.
    ToolCallArgumentsDelta(ToolCallArgumentsDelta) = "tool-call-arguments-delta";
    /// A tool call is complete.
    ToolCallRequested(ToolCallRequested) = "tool-call-requested";
    /// A tool call waits for a person's decision.
    ToolCallWaiting(Box<ToolCallWaiting>) = "tool-call-waiting";
    /// A tool call that was waiting when an earlier run ended is resumed.
    ToolCallResumed(ToolCallResumed) = "tool-call-resumed";
    /// A tool started to execute.
    ToolExecutionStarted(ToolExecutionStarted) = "tool-execution-started";
    /// The result of a tool call is available.
    ToolResultReady(ToolResultReady) = "tool-result-ready";
    /// A tool call finished.
    ToolCallFinished(ToolCallFinished) = "tool-call-finished";
    /// An error occurred; whether it ended the run is determined by the terminal event.
    Error(ErrorEvent) = "error";
    /// The provider call was interrupted; contains the partial text.
    Interrupt(Interrupt) = "interrupt";
    /// Log message.
    Log(Log) = "log";
    /// Notice for the user.
    Info(Info) = "info";
    /// The agent mode changed.
    AgentModeSwitch(AgentModeSwitch) = "agent-mode-switch";
    /// The run is paused until it is resumed.
    DebuggerPause(Box<DebuggerPause>) = "debugger.pause";
    /// Citation of a source.
    Citation(Box<Citation>) = "citation";
    /// The session's queue was paused or resumed, or changed while it is paused.
    QueueUpdated(QueueUpdated) = "queue-updated";
}
