//! What happened: one type for each kind of event.
//!
//! The wire names are geppetto's. The enum is open: a type that this crate does not know becomes
//! [`EventKind::Custom`], and applications publish their own types the same way.

use serde::{Deserialize, Serialize};
use serde_json::Value;

mod citation;
mod custom;
mod queue;
mod run;
mod segment;
mod server_tool;
mod tool;

pub use citation::Citation;
pub use custom::{AppEvent, CustomEvent, RESERVED_FIELDS};
pub use queue::QueueUpdated;
pub use run::{
    AgentModeSwitch, DebuggerPause, ErrorEvent, Info, Interrupt, Log, ProviderCallDiscarded,
    ProviderCallFinished, ProviderCallMetadata, ProviderCallStarted, RunFailed, RunFinished,
    RunStarted, RunStopped,
};
pub use segment::{
    ReasoningDelta, ReasoningFinished, ReasoningSource, ReasoningStarted, TextDelta, TextFinished,
    TextStarted,
};
pub use server_tool::{ServerTool, ServerToolPhase};
pub use tool::{
    ToolCallArgumentsDelta, ToolCallFinished, ToolCallRequested, ToolCallResumed, ToolCallStarted,
    ToolCallWaiting, ToolExecutionStarted, ToolResultReady, ToolStatus,
};

/// Writes the enum and what follows from the list of its variants alone.
macro_rules! event_kinds {
    ($( $(#[$doc:meta])* $name:ident($payload:ty) = $wire:literal; )*) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum EventKind {
            $( $(#[$doc])* $name($payload), )*
            /// Progress of a tool that the provider runs itself, such as web search.
            ServerTool(Box<ServerTool>),
            /// An event of a type that this crate does not know.
            Custom(CustomEvent),
        }

        impl EventKind {
            /// The wire names of the variants that have exactly one, in the order of the enum. Those of
            /// [`ServerTool`](Self::ServerTool) are in [`ServerTool::NAMES`].
            pub const TYPE_NAMES: &[&str] = &[$($wire),*];

            /// The wire name of the type.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    Self::ServerTool(event) => event.type_name(),
                    Self::Custom(event) => &event.event_type,
                    $( Self::$name(_) => $wire, )*
                }
            }

            /// The kind of a type that this crate knows, from the event's fields.
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

            /// Shows the fields of the event to `visitor`.
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
    /// What comes of it.
    type Output;

    /// Receives the fields.
    fn visit<P: Serialize>(self, fields: &P) -> Self::Output;
}

event_kinds! {
    /// A run began; always its first event.
    RunStarted(RunStarted) = "run-started";
    /// A run ended as it should; its last event.
    RunFinished(RunFinished) = "run-finished";
    /// A run was stopped: cancelled, at a limit, or because tool calls wait for a person; its last
    /// event.
    RunStopped(RunStopped) = "run-stopped";
    /// A run failed; its last event.
    RunFailed(RunFailed) = "run-failed";
    /// A request goes out to the provider.
    ProviderCallStarted(ProviderCallStarted) = "provider-call-started";
    /// The provider said something about its reply: usage, stop reason.
    ProviderCallMetadataUpdated(ProviderCallMetadata) = "provider-call-metadata-updated";
    /// The provider's reply is over, whole or not.
    ProviderCallFinished(ProviderCallFinished) = "provider-call-finished";
    /// The output of a finished call is discarded: the call broke off, or its answer did not fit its
    /// schema, and another reply replaces it.
    ProviderCallDiscarded(ProviderCallDiscarded) = "provider-call-discarded";
    /// The model begins a text.
    TextSegmentStarted(TextStarted) = "text-segment-started";
    /// A piece of text.
    TextDelta(TextDelta) = "text-delta";
    /// The text is over.
    TextSegmentFinished(TextFinished) = "text-segment-finished";
    /// The model begins to reason.
    ReasoningSegmentStarted(ReasoningStarted) = "reasoning-segment-started";
    /// A piece of reasoning.
    ReasoningDelta(ReasoningDelta) = "reasoning-delta";
    /// The reasoning is over.
    ReasoningSegmentFinished(ReasoningFinished) = "reasoning-segment-finished";
    /// The model begins a tool call.
    ToolCallStarted(ToolCallStarted) = "tool-call-started";
    /// A piece of a tool call's arguments.
    ToolCallArgumentsDelta(ToolCallArgumentsDelta) = "tool-call-arguments-delta";
    /// A tool call is whole.
    ToolCallRequested(ToolCallRequested) = "tool-call-requested";
    /// A tool call waits for a person to decide about it.
    ToolCallWaiting(Box<ToolCallWaiting>) = "tool-call-waiting";
    /// A tool call that waited when an earlier run ended is taken up again.
    ToolCallResumed(ToolCallResumed) = "tool-call-resumed";
    /// A tool begins to run.
    ToolExecutionStarted(ToolExecutionStarted) = "tool-execution-started";
    /// A tool call has its answer.
    ToolResultReady(ToolResultReady) = "tool-result-ready";
    /// A tool call is over.
    ToolCallFinished(ToolCallFinished) = "tool-call-finished";
    /// Something went wrong; a terminal event says whether the run ended by it.
    Error(ErrorEvent) = "error";
    /// The provider call was interrupted; contains the text that had arrived.
    Interrupt(Interrupt) = "interrupt";
    /// A log line.
    Log(Log) = "log";
    /// Something worth showing.
    Info(Info) = "info";
    /// The agent went to another mode.
    AgentModeSwitch(AgentModeSwitch) = "agent-mode-switch";
    /// The run is paused until it is continued.
    DebuggerPause(Box<DebuggerPause>) = "debugger.pause";
    /// The text cites a source.
    Citation(Box<Citation>) = "citation";
    /// The session's queue was paused or resumed, or changed while it is paused.
    QueueUpdated(QueueUpdated) = "queue-updated";
}
