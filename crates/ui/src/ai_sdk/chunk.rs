//! [`Chunk`]: one message of the UI message stream.

use serde::Serialize;

use crate::RawJson;

/// A chunk of a UI message stream, as of `uiMessageChunkSchema` of the package `ai` 7.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of the protocol")]
pub enum Chunk {
    /// The assistant's message begins, or continues if the interface knows its id.
    Start {
        message_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        message_metadata: Option<RawJson>,
    },
    /// A provider call begins.
    StartStep,
    /// A provider call and its tools have ended.
    FinishStep,
    /// The parts of the current step are withdrawn.
    ResetStep,
    /// A text begins.
    TextStart {
        id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_metadata: Option<RawJson>,
    },
    /// Text of the model.
    TextDelta { id: String, delta: String },
    /// A text has ended.
    TextEnd { id: String },
    /// A piece of reasoning begins.
    ReasoningStart { id: String },
    /// Reasoning of the model.
    ReasoningDelta { id: String, delta: String },
    /// A piece of reasoning has ended.
    ReasoningEnd { id: String },
    /// The model begins to write a tool call.
    ToolInputStart {
        tool_call_id: String,
        tool_name: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_executed: Option<bool>,
    },
    /// Text of the arguments.
    ToolInputDelta {
        tool_call_id: String,
        input_text_delta: String,
    },
    /// The arguments are complete.
    ToolInputAvailable {
        tool_call_id: String,
        tool_name: String,
        input: RawJson,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_executed: Option<bool>,
    },
    /// The arguments are not complete, or not JSON.
    ToolInputError {
        tool_call_id: String,
        tool_name: String,
        input: RawJson,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_executed: Option<bool>,
        error_text: String,
    },
    /// A person decides whether the tool may run.
    ToolApprovalRequest {
        approval_id: String,
        tool_call_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A person has decided.
    ToolApprovalResponse {
        approval_id: String,
        approved: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The result of a tool.
    ToolOutputAvailable {
        tool_call_id: String,
        output: RawJson,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_executed: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        preliminary: Option<bool>,
    },
    /// A tool failed, or was not run.
    ToolOutputError {
        tool_call_id: String,
        error_text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_executed: Option<bool>,
    },
    /// A person did not allow the tool to run.
    ToolOutputDenied { tool_call_id: String },
    /// A source that the answer cites, with an address.
    SourceUrl {
        source_id: String,
        url: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
    },
    /// A source without an address.
    SourceDocument {
        source_id: String,
        media_type: String,
        title: String,
    },
    /// A file of the answer.
    File { url: String, media_type: String },
    /// Metadata of the message, merged with what is known.
    MessageMetadata { message_metadata: RawJson },
    /// The end of a run that was not cancelled and did not fail.
    Finish {
        finish_reason: FinishReason,
        #[serde(skip_serializing_if = "Option::is_none")]
        message_metadata: Option<RawJson>,
    },
    /// The end of a cancelled run.
    Abort {
        #[serde(skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The end of a failed run.
    Error { error_text: String },
    /// Data of the application, with a type of its own.
    #[serde(untagged)]
    Data(DataChunk),
}

/// Data of the application: `data-*`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct DataChunk {
    /// Type, beginning with `data-`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The data.
    pub data: RawJson,
    /// `true` if the data are not part of the message.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub transient: bool,
}

/// Reason that a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum FinishReason {
    /// The model was done.
    Stop,
    /// The output limit was reached.
    Length,
    /// The provider withheld the answer.
    ContentFilter,
    /// Tool calls wait for the user.
    ToolCalls,
    /// The reply failed.
    Error,
    /// A limit of the run was reached.
    Interrupted,
    /// Anything else.
    Other,
}

impl FinishReason {
    /// Converts a finish class of an inference result.
    #[must_use]
    pub fn of_class(class: &str) -> Self {
        match class {
            "completed" | "" => Self::Stop,
            "max_tokens" | "context_window" => Self::Length,
            "refused" => Self::ContentFilter,
            "tool_calls_pending" => Self::ToolCalls,
            "error" => Self::Error,
            "interrupted" | "paused" => Self::Interrupted,
            _ => Self::Other,
        }
    }
}

impl Chunk {
    /// Returns `true` for the last chunk of a stream.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Finish { .. } | Self::Abort { .. } | Self::Error { .. }
        )
    }

    /// Creates data that are not part of the message.
    pub(crate) fn transient<T: Serialize + ?Sized>(name: &str, data: &T) -> Self {
        Self::Data(DataChunk {
            kind: format!("data-{name}"),
            data: RawJson::of(data),
            transient: true,
        })
    }

    /// Returns the JSON text, which has no line breaks.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}
