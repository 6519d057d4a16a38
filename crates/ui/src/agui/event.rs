//! [`UiEvent`]: an event of AG-UI.

use geppetto_turns::Usage;
use serde::Serialize;

use super::Message;
use crate::RawJson;

/// An event of AG-UI 1.0, as of `EventSchemas` of the package `@ag-ui/core`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "SCREAMING_SNAKE_CASE",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of the protocol")]
pub enum UiEvent {
    /// The first event of a stream.
    RunStarted {
        thread_id: String,
        run_id: String,
        protocol_version: &'static str,
    },
    /// The end of a run that did not fail.
    RunFinished {
        thread_id: String,
        run_id: String,
        /// `None` if the client knows no word for it.
        #[serde(skip_serializing_if = "Option::is_none")]
        outcome: Option<Outcome>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        usage: Vec<TokenUsage>,
    },
    /// The end of a run that failed.
    RunError {
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        code: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        usage: Vec<TokenUsage>,
    },
    /// A provider call begins.
    StepStarted { step_name: String },
    /// A provider call has ended.
    StepFinished { step_name: String },
    /// A text of the model begins.
    TextMessageStart {
        message_id: String,
        role: &'static str,
    },
    /// Text of the model.
    TextMessageContent { message_id: String, delta: String },
    /// A text has ended.
    TextMessageEnd { message_id: String },
    /// Reasoning begins.
    ReasoningStart { message_id: String },
    /// A message of reasoning begins.
    ReasoningMessageStart {
        message_id: String,
        role: &'static str,
    },
    /// Reasoning of the model.
    ReasoningMessageContent { message_id: String, delta: String },
    /// A message of reasoning has ended.
    ReasoningMessageEnd { message_id: String },
    /// Reasoning has ended.
    ReasoningEnd { message_id: String },
    /// The model begins to write a tool call.
    ToolCallStart {
        tool_call_id: String,
        tool_call_name: String,
        parent_message_id: String,
    },
    /// Text of the arguments.
    ToolCallArgs { tool_call_id: String, delta: String },
    /// The arguments have ended.
    ToolCallEnd { tool_call_id: String },
    /// The answer to a call.
    ToolCallResult {
        message_id: String,
        tool_call_id: String,
        content: String,
        role: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        metadata: Option<RawJson>,
    },
    /// The application's state.
    StateSnapshot { snapshot: RawJson },
    /// A change of the application's state, as of RFC 6902.
    StateDelta { delta: RawJson },
    /// All messages of the conversation.
    MessagesSnapshot { messages: Vec<Message> },
    /// Progress of a tool that the provider runs.
    ActivitySnapshot {
        message_id: String,
        activity_type: String,
        content: RawJson,
        replace: bool,
    },
    /// Anything else.
    Custom { name: String, value: RawJson },
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum Outcome {
    /// The run completed, or the client has to execute tools.
    Success {
        /// Calls of the client's tools.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        pending_tool_call_ids: Vec<String>,
    },
    /// A person has to decide.
    Interrupt {
        /// What has to be decided; at least one.
        interrupts: Vec<Interrupt>,
    },
    /// The run was stopped.
    Cancelled,
}

/// Beginning of the ids of interrupts.
pub const CONFIRM: &str = "confirm:";

/// A decision that a run needs.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Interrupt {
    /// Id: that of the tool call, after [`CONFIRM`].
    pub id: String,
    /// Kind: `confirmation`. Interfaces take the answer to a `tool_call` for its result.
    pub reason: &'static str,
    /// Question for the person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The tool call.
    pub tool_call_id: String,
    /// Schema of the answer.
    pub response_schema: RawJson,
}

impl Interrupt {
    pub(super) fn new(call: &str, question: &str) -> Self {
        let schema = serde_json::json!({
            "type": "object",
            "properties": {
                "approved": {"type": "boolean"},
                "editedArgs": {"type": "object", "description": "Arguments in place of the model's."},
                "reason": {"type": "string", "description": "Reason of a rejection, for the model."},
            },
            "required": ["approved"],
        });
        Self {
            id: format!("{CONFIRM}{call}"),
            reason: "confirmation",
            message: question.to_owned(),
            tool_call_id: call.to_owned(),
            response_schema: RawJson::of(&schema),
        }
    }
}

/// Number of tokens of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TokenUsage {
    /// Model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Tokens of the prompts.
    pub input_tokens: u64,
    /// Generated tokens.
    pub output_tokens: u64,
    /// Both.
    pub total_tokens: u64,
    /// Generated tokens spent on reasoning.
    pub reasoning_tokens: u64,
    /// Prompt tokens read from a cache.
    pub cached_input_tokens: u64,
    /// Prompt tokens written to a cache.
    pub cache_write_input_tokens: u64,
}

impl TokenUsage {
    pub(super) fn of(usage: Option<&Usage>, model: Option<&str>) -> Vec<Self> {
        let usage = usage.map(|usage| Self {
            model: model.map(str::to_owned),
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            total_tokens: usage.input_tokens.saturating_add(usage.output_tokens),
            reasoning_tokens: usage.reasoning_tokens,
            cached_input_tokens: usage.cached_tokens,
            cache_write_input_tokens: usage.cache_creation_input_tokens,
        });
        usage.into_iter().collect()
    }
}

impl UiEvent {
    /// Returns `true` for the last event of a stream.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(self, Self::RunFinished { .. } | Self::RunError { .. })
    }

    /// Returns the type, such as `RUN_STARTED`.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::RunStarted { .. } => "RUN_STARTED",
            Self::RunFinished { .. } => "RUN_FINISHED",
            Self::RunError { .. } => "RUN_ERROR",
            Self::StepStarted { .. } => "STEP_STARTED",
            Self::StepFinished { .. } => "STEP_FINISHED",
            Self::TextMessageStart { .. } => "TEXT_MESSAGE_START",
            Self::TextMessageContent { .. } => "TEXT_MESSAGE_CONTENT",
            Self::TextMessageEnd { .. } => "TEXT_MESSAGE_END",
            Self::ReasoningStart { .. } => "REASONING_START",
            Self::ReasoningMessageStart { .. } => "REASONING_MESSAGE_START",
            Self::ReasoningMessageContent { .. } => "REASONING_MESSAGE_CONTENT",
            Self::ReasoningMessageEnd { .. } => "REASONING_MESSAGE_END",
            Self::ReasoningEnd { .. } => "REASONING_END",
            Self::ToolCallStart { .. } => "TOOL_CALL_START",
            Self::ToolCallArgs { .. } => "TOOL_CALL_ARGS",
            Self::ToolCallEnd { .. } => "TOOL_CALL_END",
            Self::ToolCallResult { .. } => "TOOL_CALL_RESULT",
            Self::StateSnapshot { .. } => "STATE_SNAPSHOT",
            Self::StateDelta { .. } => "STATE_DELTA",
            Self::MessagesSnapshot { .. } => "MESSAGES_SNAPSHOT",
            Self::ActivitySnapshot { .. } => "ACTIVITY_SNAPSHOT",
            Self::Custom { .. } => "CUSTOM",
        }
    }

    pub(super) fn custom<T: Serialize + ?Sized>(name: &str, value: &T) -> Self {
        Self::Custom {
            name: name.to_owned(),
            value: RawJson::of(value),
        }
    }

    /// Returns the JSON text, which has no line breaks.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
