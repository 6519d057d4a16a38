//! Events of tool calls.

use serde::{Deserialize, Serialize};

use super::segment::is_zero;

/// How a tool call ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ToolStatus {
    /// The tool gave a result.
    Success,
    /// The tool failed, or was not run.
    Error,
    /// Not known.
    #[default]
    Unknown,
    /// A status that this crate does not know.
    Other(String),
}

impl ToolStatus {
    /// The name on the wire.
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

/// The model begins a tool call.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallStarted {
    /// The call's id.
    pub tool_call_id: String,
    /// The tool's name.
    pub tool_name: String,
}

impl ToolCallStarted {
    /// A call of `name`.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
        }
    }
}

/// A piece of a tool call's arguments.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallArgumentsDelta {
    /// The call's id.
    pub tool_call_id: Box<str>,
    /// The piece.
    pub delta: Box<str>,
    /// Where the piece begins in the arguments, in bytes. Absent in events of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The piece's number in the call, from 1; 0 where the sender does not count.
    #[serde(skip_serializing_if = "is_zero")]
    pub sequence: u64,
}

impl ToolCallArgumentsDelta {
    /// A piece of arguments that begins at byte `offset`.
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

/// A tool call is whole.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallRequested {
    /// The call's id.
    pub tool_call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// The arguments as the model wrote them.
    pub input: String,
}

impl ToolCallRequested {
    /// A call of `name` with `input`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, input: impl Into<String>) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            input: input.into(),
        }
    }
}

/// A tool call waits for a person to decide about it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallWaiting {
    /// The call's id.
    pub tool_call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// The arguments that the tool would run with, with what is secret masked.
    pub input: String,
    /// The question for the person.
    pub question: String,
}

impl ToolCallWaiting {
    /// A call of `name` with masked `input`, and what a person is asked about it.
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

/// A tool call that waited for a person when an earlier run ended is taken up again.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallResumed {
    /// The call's id.
    pub tool_call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// The arguments that the person was shown, with what is secret masked.
    pub input: String,
}

impl ToolCallResumed {
    /// A call of `name` with masked `input`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, input: impl Into<String>) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            input: input.into(),
        }
    }
}

/// A tool begins to run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolExecutionStarted {
    /// The call's id.
    pub tool_call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// The arguments, with what is secret masked.
    pub input: String,
}

impl ToolExecutionStarted {
    /// The start of `name` with masked `input`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, input: impl Into<String>) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            input: input.into(),
        }
    }
}

/// A tool call has its answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolResultReady {
    /// The call's id.
    pub tool_call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// The answer as the model gets it.
    pub result: String,
    /// How the call ended.
    pub status: ToolStatus,
}

impl ToolResultReady {
    /// The answer of `name`.
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
        }
    }
}

/// A tool call is over.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ToolCallFinished {
    /// The call's id.
    pub tool_call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// How the call ended.
    pub status: ToolStatus,
}

impl ToolCallFinished {
    /// The end of a call of `name`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, status: ToolStatus) -> Self {
        Self {
            tool_call_id: id.into(),
            tool_name: name.into(),
            status,
        }
    }
}
