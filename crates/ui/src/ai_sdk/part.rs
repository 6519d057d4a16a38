//! [`Part`]: a part of a message.

use serde::Serialize;

use super::{Chunk, DataChunk};
use crate::RawJson;

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "type",
    rename_all = "kebab-case",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of the protocol")]
pub enum Part {
    /// The beginning of a step.
    StepStart,
    /// Text.
    Text {
        #[serde(skip)]
        id: String,
        text: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        provider_metadata: Option<RawJson>,
        #[serde(skip_serializing_if = "Option::is_none")]
        state: Option<&'static str>,
    },
    /// Reasoning.
    Reasoning {
        #[serde(skip)]
        id: String,
        text: String,
        state: &'static str,
    },
    /// A source with an address.
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
    /// A file.
    File {
        url: String,
        media_type: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// A tool call.
    #[serde(untagged)]
    Tool(Box<ToolState>),
    /// Data of the application.
    #[serde(untagged)]
    Data(DataChunk),
}

impl Part {
    /// Creates a text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text {
            id: String::new(),
            text: text.into(),
            provider_metadata: None,
            state: None,
        }
    }

    /// Creates a file.
    #[must_use]
    pub fn file(url: String, media_type: String, filename: Option<String>) -> Self {
        Self::File {
            url,
            media_type,
            filename,
        }
    }

    /// Returns the part of a chunk that is a whole part.
    pub(super) fn of(chunk: &Chunk) -> Option<Self> {
        Some(match chunk {
            Chunk::SourceUrl {
                source_id,
                url,
                title,
            } => Self::SourceUrl {
                source_id: source_id.clone(),
                url: url.clone(),
                title: title.clone(),
            },
            Chunk::SourceDocument {
                source_id,
                media_type,
                title,
            } => Self::SourceDocument {
                source_id: source_id.clone(),
                media_type: media_type.clone(),
                title: title.clone(),
            },
            Chunk::File { url, media_type } => Self::file(url.clone(), media_type.clone(), None),
            Chunk::Data(own) if !own.transient => Self::Data(own.clone()),
            _ => return None,
        })
    }
}

/// A tool call, with its state.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ToolState {
    /// `tool-` and the name of the tool.
    #[serde(rename = "type")]
    pub kind: String,
    /// Id of the call.
    pub tool_call_id: String,
    /// State, such as `input-available` or `output-error`.
    pub state: &'static str,
    /// Arguments.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<RawJson>,
    /// Text of arguments that are not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_input: Option<String>,
    /// Result.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<RawJson>,
    /// Error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_text: Option<String>,
    /// `true` if the provider runs the tool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_executed: Option<bool>,
    /// Question to a person, and the decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// A question to a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Approval {
    /// Id of the question.
    pub id: String,
    /// The question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_reason: Option<String>,
    /// The decision.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved: Option<bool>,
}

impl ToolState {
    pub(super) fn new(id: &str, name: &str) -> Self {
        Self {
            kind: format!("tool-{name}"),
            tool_call_id: id.to_owned(),
            state: "input-streaming",
            input: None,
            raw_input: None,
            output: None,
            error_text: None,
            provider_executed: None,
            approval: None,
        }
    }

    pub(super) fn apply(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::ToolInputStart {
                tool_name,
                provider_executed,
                ..
            } => {
                let approval = self.approval.take();
                *self = Self::new(&self.tool_call_id, tool_name);
                self.approval = approval;
                self.provider_executed = *provider_executed;
            }
            Chunk::ToolInputDelta {
                input_text_delta, ..
            } => {
                let text = self.raw_input.get_or_insert_default();
                text.push_str(input_text_delta);
            }
            Chunk::ToolInputAvailable {
                tool_name,
                input,
                provider_executed,
                ..
            } => {
                self.input_is(tool_name, input, *provider_executed);
                self.state = "input-available";
            }
            Chunk::ToolInputError {
                tool_name,
                input,
                error_text,
                provider_executed,
                ..
            } => {
                self.input_is(tool_name, input, *provider_executed);
                self.error_text = Some(error_text.clone());
                self.state = "output-error";
            }
            other => self.answer(other),
        }
    }

    fn answer(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::ToolApprovalRequest {
                approval_id,
                reason,
                ..
            } => {
                self.state = "approval-requested";
                self.approval = Some(Approval {
                    id: approval_id.clone(),
                    request_reason: reason.clone(),
                    approved: None,
                });
            }
            Chunk::ToolApprovalResponse { approved, .. } => {
                self.state = "approval-responded";
                if let Some(own) = &mut self.approval {
                    own.approved = Some(*approved);
                }
            }
            Chunk::ToolOutputAvailable { output, .. } => {
                self.state = "output-available";
                self.output = Some(output.clone());
                self.error_text = None;
            }
            Chunk::ToolOutputError { error_text, .. } => {
                self.state = "output-error";
                self.error_text = Some(error_text.clone());
            }
            Chunk::ToolOutputDenied { .. } => self.state = "output-denied",
            _ => {}
        }
    }

    fn input_is(&mut self, name: &str, input: &RawJson, provider_executed: Option<bool>) {
        self.kind = format!("tool-{name}");
        self.input = Some(input.clone());
        self.raw_input = None;
        self.provider_executed = provider_executed.or(self.provider_executed);
    }
}
