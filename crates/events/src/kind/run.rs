//! Events of runs and provider calls.

use geppetto_turns::Usage;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{InputMessage, ToolResultReady, info};

/// A run started.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunStarted {
    /// Text of the last user message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub prompt: String,
    /// Id of the run that this one continues, whose process ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub continues: Option<String>,
    /// Id of the turn that the turn of this run replaces, because its prompt is retried or edited.
    /// Consumers must remove what belongs to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<String>,
    /// Messages added to the conversation since the last run. Empty for a run that continues an
    /// earlier one; `None` in events of other programs and of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub messages: Option<Vec<InputMessage>>,
    /// Results of tool calls of earlier runs, which the program that requested the run has added to
    /// the conversation. They have no events of their own.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub results: Box<[ToolResultReady]>,
}

impl RunStarted {
    /// Creates the event for a run with `prompt`.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            continues: None,
            replaces: None,
            messages: None,
            results: Box::default(),
        }
    }

    /// Sets the results of tool calls that were added since the last run.
    #[must_use]
    pub fn with_results(mut self, results: impl IntoIterator<Item = ToolResultReady>) -> Self {
        self.results = results.into_iter().collect();
        self
    }

    /// Sets the messages added since the last run.
    #[must_use]
    pub fn with_messages(mut self, messages: impl IntoIterator<Item = InputMessage>) -> Self {
        self.messages = Some(messages.into_iter().collect());
        self
    }
}

/// A run completed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunFinished {
    /// Finish class of the last inference.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub status: String,
    /// Token usage, summed over all provider calls of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// Error from persisting the turn; the run itself succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persist_error: Option<String>,
}

impl RunFinished {
    /// Creates the event for a run that ended with `status`.
    pub fn new(status: impl Into<String>) -> Self {
        Self {
            status: status.into(),
            ..Self::default()
        }
    }
}

/// A run was stopped early.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunStopped {
    /// Reason: `cancelled`, or the limit that was reached.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// Token usage, summed over all provider calls of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// Error from persisting the turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persist_error: Option<String>,
}

impl RunStopped {
    /// Creates the event for a run that was stopped for `reason`.
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
    /// Human-readable error message.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub error_string: String,
    /// Machine-readable error kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<String>,
    /// Token usage, summed over all provider calls of the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// Error from persisting the turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub persist_error: Option<String>,
}

impl RunFailed {
    /// Creates the event for a run that failed with `error`.
    pub fn new(error: impl Into<String>) -> Self {
        Self {
            error_string: error.into(),
            ..Self::default()
        }
    }
}

/// A request is being sent to the provider.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderCallStarted {}

/// The provider reported metadata of its reply.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProviderCallMetadata {
    /// Stop reason, verbatim from the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// Stop sequence that ended the output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_sequence: Option<String>,
    /// Token usage so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
}

/// The provider's reply ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProviderCallFinished {
    /// Stop reason, verbatim from the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// Provider-neutral finish class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_class: Option<String>,
    /// Token usage of the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// Token usage that the provider reported for earlier attempts at this call, which broke off before
    /// any output and were discarded. Not part of `usage`, but of the run's total.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discarded_usage: Option<Box<Usage>>,
    /// Duration of the call, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// `true` if the reply ends with tool calls that await results.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub has_tool_calls: bool,
    /// Reason that the reply is incomplete: `cancelled`, `failed` or `truncated` (the stream ended
    /// early). `None` for a complete reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub incomplete: Option<Box<str>>,
    /// Ids of the segments in the order of the reply's blocks. Empty if that is the order in which
    /// the segments started.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub order: Box<[String]>,
    /// Items of an incomplete reply that are complete nevertheless, by the number that their parts have
    /// in [`part_of`](super::ReasoningStarted::part_of). Other items say so in their last event; an item
    /// of several parts has none of its own.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub whole: Box<[u64]>,
}

/// The output of a finished provider call is discarded.
///
/// Consumers must drop all segments and tool calls of that call and attempt. An answer that violated
/// its schema remains in the turn, followed by the prompt that requested another one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ProviderCallDiscarded {
    /// Reason for discarding the output.
    pub reason: String,
}

impl ProviderCallDiscarded {
    /// Creates the event for a call that is discarded for `reason`.
    pub fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
        }
    }
}

/// An error occurred.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ErrorEvent {
    /// Human-readable error message.
    pub error_string: String,
}

impl ErrorEvent {
    /// Creates an error event.
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
    /// Text received before the interruption.
    pub text: String,
}

impl Interrupt {
    /// Creates the event for an interruption after `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

/// Log message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Log {
    /// Level, such as `info`.
    pub level: String,
    /// The message.
    pub message: String,
    /// Structured fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Value>,
}

impl Log {
    /// Creates a log message.
    pub fn new(level: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            level: level.into(),
            message: message.into(),
            fields: None,
        }
    }
}

/// Notice for the user.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Info {
    /// Text of the notice.
    pub message: String,
    /// Structured data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl Info {
    /// Creates a notice.
    pub fn new(message: impl Into<String>, data: Option<Value>) -> Self {
        Self {
            message: message.into(),
            data,
        }
    }

    /// Returns the notice in words: the message, with the number and the delay of a retry and the
    /// reason in the data, such as `retrying (2/3) in 0.3 s: status 503`.
    ///
    /// The text may contain control characters.
    #[must_use]
    pub fn to_text(&self) -> String {
        info::text(self)
    }
}

/// The agent mode changed.
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

/// The run is paused until it is resumed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct DebuggerPause {
    /// Id of the pause, used to resume the run.
    pub pause_id: String,
    /// Phase in which the run is paused: `after_inference` or `after_tools`.
    pub phase: String,
    /// Human-readable description of the next step.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// Time at which the pause expires, in milliseconds since the Unix epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<i64>,
    /// Further data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Value>,
}

impl DebuggerPause {
    /// Creates a pause event.
    pub fn new(pause_id: impl Into<String>, phase: impl Into<String>) -> Self {
        Self {
            pause_id: pause_id.into(),
            phase: phase.into(),
            ..Self::default()
        }
    }
}
