//! Events of a run and of its provider calls.

use geppetto_turns::Usage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A run began.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunStarted {
    /// The text of the last user message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prompt: String,
}

impl RunStarted {
    /// A run for `prompt`.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
        }
    }
}

/// A run ended as it should.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunFinished {
    /// How it ended: the finish class of the last inference.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// The tokens of all provider calls of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// What went wrong when the turn was stored; the run itself is fine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persist_error: Option<String>,
}

impl RunFinished {
    /// A run that ended with `status`.
    pub fn new(status: impl Into<String>) -> Self {
        Self {
            status: status.into(),
            ..Self::default()
        }
    }
}

/// A run was stopped before its end.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunStopped {
    /// Why: `cancelled`, or the limit that was reached.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The tokens of all provider calls of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// What went wrong when the turn was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persist_error: Option<String>,
}

impl RunStopped {
    /// A run that was stopped for `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            ..Self::default()
        }
    }
}

/// A run failed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunFailed {
    /// What happened, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_string: String,
    /// What kind of error it is, for programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<String>,
    /// The tokens of all provider calls of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// What went wrong when the turn was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persist_error: Option<String>,
}

impl RunFailed {
    /// A run that failed with `error`.
    pub fn new(error: impl Into<String>) -> Self {
        Self {
            error_string: error.into(),
            ..Self::default()
        }
    }
}

/// A request goes out to the provider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderCallStarted {}

/// The provider said something about its reply.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProviderCallMetadata {
    /// Why the model stopped, in the provider's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// The stop sequence that the model ran into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<String>,
    /// The tokens so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
}

/// The provider's reply is over.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProviderCallFinished {
    /// Why the model stopped, in the provider's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// Why the model stopped, in words that mean the same everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_class: Option<String>,
    /// The tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// How long the call took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// `true` if the model waits for tool results.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_tool_calls: bool,
}

/// What a finished provider call produced does not count.
///
/// A reader drops the segments and tool calls of that provider call and attempt. The turn keeps an
/// answer that did not fit its schema, with the question that asked for another one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProviderCallDiscarded {
    /// Why.
    pub reason: String,
}

impl ProviderCallDiscarded {
    /// A call that is discarded for `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// Something went wrong.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ErrorEvent {
    /// What happened, for people.
    pub error_string: String,
}

impl ErrorEvent {
    /// An error.
    pub fn new(error: impl Into<String>) -> Self {
        Self {
            error_string: error.into(),
        }
    }
}

/// The provider call was interrupted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Interrupt {
    /// What had arrived.
    pub text: String,
}

impl Interrupt {
    /// An interruption after `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

/// A log line.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Log {
    /// The level, such as `info`.
    pub level: String,
    /// The message.
    pub message: String,
    /// Further fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Value>,
}

impl Log {
    /// A log line.
    pub fn new(level: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            level: level.into(),
            message: message.into(),
            fields: None,
        }
    }
}

/// Something worth showing.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Info {
    /// The message.
    pub message: String,
    /// Further data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl Info {
    /// A message with data.
    pub fn new(message: impl Into<String>, data: Option<Value>) -> Self {
        Self {
            message: message.into(),
            data,
        }
    }
}

/// The agent went to another mode.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct AgentModeSwitch {
    /// The message.
    pub message: String,
    /// `from`, `to` and `analysis`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// The run is paused until it is continued.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DebuggerPause {
    /// The id of the pause, to continue it.
    pub pause_id: String,
    /// Where the run pauses: `after_inference` or `after_tools`.
    pub phase: String,
    /// What comes next, for people.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// When the pause ends by itself, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<i64>,
    /// Further data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Value>,
}

impl DebuggerPause {
    /// A pause.
    pub fn new(pause_id: impl Into<String>, phase: impl Into<String>) -> Self {
        Self {
            pause_id: pause_id.into(),
            phase: phase.into(),
            ..Self::default()
        }
    }
}
