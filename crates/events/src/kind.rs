//! What happened: one type for each kind of event.
//!
//! The wire names are geppetto's. The enum is open: a type that this crate does not know becomes
//! [`EventKind::Custom`], and applications publish their own types the same way.

use serde::{Deserialize, Serializer};
use serde_json::Value;

use crate::{Event, codec::wire};

mod builtin;
mod custom;
mod run;
mod segment;
mod tool;

pub use builtin::{
    Citation, CodeInterpreter, FileSearch, ImageGeneration, McpCall, ToolSearchResult,
    ToolSearchResults, WebSearch,
};
pub use custom::{AppEvent, CustomEvent, RESERVED_FIELDS};
pub use run::{
    AgentModeSwitch, DebuggerPause, ErrorEvent, Info, Interrupt, Log, ProviderCallDiscarded,
    ProviderCallFinished, ProviderCallMetadata, ProviderCallStarted, RunFailed, RunFinished,
    RunStarted, RunStopped,
};
pub use segment::{
    ReasoningDelta, ReasoningFinished, ReasoningSource, ReasoningStarted, TextDelta, TextFinished,
    TextStarted,
};
pub use tool::{
    ToolCallArgumentsDelta, ToolCallFinished, ToolCallRequested, ToolCallStarted,
    ToolExecutionStarted, ToolResultReady, ToolStatus,
};

/// Writes the enum and what follows from the list of its variants alone.
macro_rules! event_kinds {
    ($( $(#[$doc:meta])* $name:ident($payload:ty) = $wire:literal; )*) => {
        /// What happened.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum EventKind {
            $( $(#[$doc])* $name($payload), )*
            /// An event of a type that this crate does not know.
            Custom(CustomEvent),
        }

        impl EventKind {
            /// All wire names that this crate knows, in the order of the enum.
            pub const TYPE_NAMES: &[&str] = &[$($wire),*];

            /// The wire name of the type.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    $( Self::$name(_) => $wire, )*
                    Self::Custom(event) => &event.event_type,
                }
            }

            /// The kind of a type that this crate knows, from the event's fields.
            pub(crate) fn decode(
                event_type: &str,
                fields: &Value,
            ) -> Option<Result<Self, serde_json::Error>> {
                match event_type {
                    $( $wire => Some(<$payload>::deserialize(fields).map(Self::$name)), )*
                    _ => None,
                }
            }

            /// Writes the whole event, this being its kind.
            pub(crate) fn encode<S: Serializer>(
                &self,
                event: &Event,
                serializer: S,
            ) -> Result<S::Ok, S::Error> {
                match self {
                    $( Self::$name(payload) => wire::write(event, $wire, payload, serializer), )*
                    Self::Custom(custom) => {
                        let fields = custom::own_fields(&custom.fields);
                        wire::write(event, &custom.event_type, &*fields, serializer)
                    }
                }
            }
        }
    };
}

event_kinds! {
    /// A run began; always its first event.
    RunStarted(RunStarted) = "run-started";
    /// A run ended as it should; its last event.
    RunFinished(RunFinished) = "run-finished";
    /// A run was stopped: cancelled, or at a limit; its last event.
    RunStopped(RunStopped) = "run-stopped";
    /// A run failed; its last event.
    RunFailed(RunFailed) = "run-failed";
    /// A request goes out to the provider.
    ProviderCallStarted(ProviderCallStarted) = "provider-call-started";
    /// The provider said something about its reply: usage, stop reason.
    ProviderCallMetadataUpdated(ProviderCallMetadata) = "provider-call-metadata-updated";
    /// The provider's reply is over, whole or not.
    ProviderCallFinished(ProviderCallFinished) = "provider-call-finished";
    /// The output of a finished call is discarded: the call broke off, and another reply replaces it.
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
    /// The provider's web search began.
    WebSearchStarted(WebSearch) = "web-search-started";
    /// The provider's web search is searching.
    WebSearchSearching(WebSearch) = "web-search-searching";
    /// The provider's web search opens a page.
    WebSearchOpenPage(WebSearch) = "web-search-open-page";
    /// The provider's web search is over.
    WebSearchDone(WebSearch) = "web-search-done";
    /// The text cites a source.
    Citation(Box<Citation>) = "citation";
    /// The provider's file search began.
    FileSearchStarted(FileSearch) = "file-search-started";
    /// The provider's file search is searching.
    FileSearchSearching(FileSearch) = "file-search-searching";
    /// The provider's file search is over.
    FileSearchDone(FileSearch) = "file-search-done";
    /// The provider's code interpreter began.
    CodeInterpreterStarted(CodeInterpreter) = "code-interpreter-started";
    /// The provider's code interpreter is running.
    CodeInterpreterInterpreting(CodeInterpreter) = "code-interpreter-interpreting";
    /// The provider's code interpreter is over.
    CodeInterpreterDone(CodeInterpreter) = "code-interpreter-done";
    /// A piece of the code that will run.
    CodeInterpreterCodeDelta(CodeInterpreter) = "code-interpreter-code-delta";
    /// The code that will run is whole.
    CodeInterpreterCodeDone(CodeInterpreter) = "code-interpreter-code-done";
    /// A piece of the arguments of an MCP call that the provider makes.
    McpArgsDelta(McpCall) = "mcp-args-delta";
    /// The arguments of an MCP call are whole.
    McpArgsDone(McpCall) = "mcp-args-done";
    /// An MCP call is running.
    McpInProgress(McpCall) = "mcp-in-progress";
    /// An MCP call is over.
    McpCompleted(McpCall) = "mcp-completed";
    /// An MCP call failed.
    McpFailed(McpCall) = "mcp-failed";
    /// The provider lists an MCP server's tools.
    McpListToolsInProgress(McpCall) = "mcp-list-tools-in-progress";
    /// The provider has the MCP server's tools.
    McpListToolsCompleted(McpCall) = "mcp-list-tools-completed";
    /// The provider could not list the MCP server's tools.
    McpListToolsFailed(McpCall) = "mcp-list-tools-failed";
    /// The provider's image generation began.
    ImageGenerationInProgress(ImageGeneration) = "image-generation-in-progress";
    /// The provider's image generation is running.
    ImageGenerationGenerating(ImageGeneration) = "image-generation-generating";
    /// The provider's image generation has a first sketch.
    ImageGenerationPartialImage(ImageGeneration) = "image-generation-partial-image";
    /// The provider's image generation is over.
    ImageGenerationCompleted(ImageGeneration) = "image-generation-completed";
    /// A search tool's results.
    ToolSearchResults(ToolSearchResults) = "tool-search-results";
}
