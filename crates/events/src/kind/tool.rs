//! Events of tool calls.

use serde::{Deserialize, Serialize};

use super::{Attachment, segment::is_zero};

/// Outcome of a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ToolStatus {
    /// The tool returned a result.
    Success,
    /// The tool failed or was not run.
    Error,
    /// The outcome is not known.
    #[default]
    Unknown,
    /// Unknown status.
    Other(String),
}

impl ToolStatus {
    /// Returns the wire name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::Other(name) => name,
        }
    }
}

impl From<String> for ToolStatus {
    fn from(name: String) -> Self {
        match name.as_str() {
            "success" => Self::Success,
            "error" => Self::Error,
            "unknown" => Self::Unknown,
            _ => Self::Other(name),
        }
    }
}

impl From<ToolStatus> for String {
    fn from(status: ToolStatus) -> Self {
        status.as_str().to_owned()
    }
}

/// The model started to write a tool call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallStarted {
    /// Id of the tool call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool_name: String,
}

impl ToolCallStarted {
    /// Creates the start of a call of `name`.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
        }
    }
}

/// Fragment of tool call arguments.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallArgumentsDelta {
    /// Id of the tool call.
    pub tool_call_id: Box<str>,
    /// Text of the fragment.
    pub delta: Box<str>,
    /// Byte offset of the fragment in the arguments. Absent in events from other implementations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Sequence number of the fragment in the call, starting at 1; 0 if the sender does not count.
    #[serde(skip_serializing_if = "is_zero")]
    pub sequence: u64,
}

impl ToolCallArgumentsDelta {
    /// Creates a fragment of arguments at byte `offset`.
    pub fn new(
        id: impl Into<Box<str>>,
        delta: impl Into<Box<str>>,
        offset: u64,
        sequence: u64,
    ) -> Self {
        Self {
            tool_call_id: id.into(),
            delta: delta.into(),
            offset: Some(offset),
            sequence,
        }
    }
}

/// A tool call is complete.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallRequested {
    /// Id of the tool call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool_name: String,
    /// Arguments, verbatim from the model.
    pub input: String,
}

impl ToolCallRequested {
    /// Creates the request for a call of `name` with `input`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, input: impl Into<String>) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            input: input.into(),
        }
    }
}

/// A tool call waits for a person's decision.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallWaiting {
    /// Id of the tool call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool_name: String,
    /// Arguments that the tool would run with, secrets masked.
    pub input: String,
    /// Question for the person.
    pub question: String,
}

impl ToolCallWaiting {
    /// Creates the event for a call of `name` with masked `input` and the question for the person.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        input: impl Into<String>,
        question: impl Into<String>,
    ) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            input: input.into(),
            question: question.into(),
        }
    }
}

/// A tool call that was waiting for a person when an earlier run ended is resumed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallResumed {
    /// Id of the tool call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool_name: String,
    /// Arguments shown to the person, secrets masked.
    pub input: String,
}

impl ToolCallResumed {
    /// Creates the event for a call of `name` with masked `input`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, input: impl Into<String>) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            input: input.into(),
        }
    }
}

/// A tool started to execute.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolExecutionStarted {
    /// Id of the tool call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool_name: String,
    /// Arguments, secrets masked.
    pub input: String,
    /// `true` if a person or a hook changed the arguments written by the model.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub changed: bool,
}

impl ToolExecutionStarted {
    /// Creates the start of an execution of `name` with masked `input`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, input: impl Into<String>) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            input: input.into(),
            changed: false,
        }
    }
}

/// The result of a tool call is available.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolResultReady {
    /// Id of the tool call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool_name: String,
    /// Result as sent to the model.
    pub result: String,
    /// Outcome of the call.
    pub status: ToolStatus,
    /// Images and files returned by the tool, without their content.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub attachments: Box<[Attachment]>,
}

impl ToolResultReady {
    /// Creates the event for the result of `name`.
    pub fn new(
        id: impl Into<String>,
        name: impl Into<String>,
        result: impl Into<String>,
        status: ToolStatus,
    ) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            result: result.into(),
            status,
            attachments: Box::default(),
        }
    }
}

/// A tool call finished.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallFinished {
    /// Id of the tool call.
    pub tool_call_id: String,
    /// Name of the tool.
    pub tool_name: String,
    /// Outcome of the call.
    pub status: ToolStatus,
    /// Time from the start of the tool to its answer, in milliseconds. `None` if the tool did not
    /// start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}

impl ToolCallFinished {
    /// Creates the end of a call of `name`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, status: ToolStatus) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            status,
            duration_ms: None,
        }
    }
}
