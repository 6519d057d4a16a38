//! [`PendingCall`] and [`Decision`]: tool calls that wait for a person.

use std::collections::{HashMap, HashSet};

use geppetto_turns::{Args, Blocks, Content, ToolCall, Turn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{WaitingFor, keys};

#[cfg(test)]
mod tests;

/// Answer to a call that was waiting for a person when the conversation continued with a new
/// prompt.
pub const NOT_DECIDED: &str = "not run: the user went on without deciding";

/// A tool call that waits for a person's decision.
///
/// A run with waiting calls ends with [`RunStop::Waiting`](crate::RunStop::Waiting), and the turn's
/// metadata contain the calls under [`keys::WAITING_FOR`]. That record only lists the calls that
/// are asked about again: a decision never comes from a stored turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PendingCall {
    /// Id of the call, as sent by the model or its provider.
    pub call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// Arguments that the tool would run with, masked.
    pub input: String,
    /// Question for the person, masked.
    pub question: String,
    /// Data that a waiting tool stores for its next call, such as the turn of a nested agent. Null
    /// by default. It is stored unmasked, and not published.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
    /// `true` if the tool had started when the call began to wait. `false` by default.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub started: bool,
}

impl PendingCall {
    /// Creates a waiting call of `tool_name` with masked `input`, and the question for the person.
    pub fn new(
        call_id: impl Into<String>,
        tool_name: impl Into<String>,
        input: impl Into<String>,
        question: impl Into<String>,
    ) -> Self {
        Self {
            call_id: call_id.into(),
            tool_name: tool_name.into(),
            input: input.into(),
            question: question.into(),
            data: Value::Null,
            started: false,
        }
    }

    /// Sets the data that the tool stores for its next call.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }

    /// Returns the waiting calls of `turn`: those in its record that belong to the last model
    /// output, are unanswered, and are not followed by a new prompt.
    #[must_use]
    pub fn of(turn: &Turn) -> Vec<Self> {
        // A value that cannot be read was not written by a runner.
        let record = turn.metadata.get(&keys::WAITING_FOR).ok().flatten();
        let mut record: Vec<Self> = record.unwrap_or_default().calls;
        if record.is_empty() {
            return record;
        }
        let mut open = open_calls(&turn.blocks);
        record.retain(|own| {
            let call = open.remove(own.call_id.as_str());
            call.is_some_and(|call| call.name == own.tool_name)
        });
        record
    }

    /// Records the waiting calls of `turn`, which replaces an earlier record.
    ///
    /// For implementations of runners.
    pub fn record(turn: &mut Turn, calls: &[Self]) {
        if calls.is_empty() {
            turn.metadata.remove(&keys::WAITING_FOR);
        } else {
            // Strings can always be serialized.
            let waiting = WaitingFor::decisions(calls.iter().cloned());
            let _ = turn.metadata.set(&keys::WAITING_FOR, &waiting);
        }
    }
}

/// Returns the complete, unanswered calls of the last model output, by id. Of calls with the same
/// id the first counts, as in a repaired history.
fn open_calls(blocks: &Blocks) -> HashMap<&str, &ToolCall> {
    let mut answered = HashSet::new();
    let mut open = HashMap::new();
    let mut in_output = false;
    for block in blocks.iter().rev() {
        match &block.content {
            Content::ToolUse(_) if in_output => break,
            Content::ToolUse(answer) => {
                answered.insert(answer.id.as_str());
            }
            Content::ToolCall(call) => {
                in_output = true;
                if block.incomplete().is_none() && !answered.contains(call.id.as_str()) {
                    open.insert(call.id.as_str(), call);
                }
            }
            Content::LlmText(_) | Content::Reasoning(_) => in_output = true,
            Content::User(_) | Content::System(_) => break,
            _ => {}
        }
    }
    open
}

/// A person's decision about a waiting tool call.
///
/// Passed to a run with [`RunContext::with_decisions`](crate::RunContext::with_decisions), which
/// sessions call in `Session::answer`. While the hooks of the call are running, their context has
/// the decision as an extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Decision {
    /// The call runs. A hook that still requests to wait is ignored; a hook that rejects the call
    /// is not.
    Allow,
    /// Like [`Allow`](Self::Allow), with these arguments in place of the model's. They are
    /// validated against the tool's schema, and the model receives the arguments with which the
    /// tool ran.
    AllowWith(#[serde(with = "args_as_text")] Args),
    /// The call does not run, and the model receives this reason.
    Reject(String),
    /// The call does not run here, and the model receives this as its result, such as a person's
    /// answer to a question of the model, or the output of a tool that runs on the user's device.
    /// No hook is called.
    Answer(String),
}

impl Decision {
    /// Allows the call with changed arguments: a JSON object, as a value or as text.
    pub fn allow_with(args: impl Into<Args>) -> Self {
        Self::AllowWith(args.into())
    }

    /// Rejects the call with `reason`, which the model receives.
    pub fn reject(reason: impl Into<String>) -> Self {
        Self::Reject(reason.into())
    }

    /// Answers the call with `result`, which the model receives.
    pub fn answer(result: impl Into<String>) -> Self {
        Self::Answer(result.into())
    }
}

/// Arguments as their JSON text, which may be invalid.
mod args_as_text {
    use geppetto_turns::Args;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(args: &Args, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(args.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Args, D::Error> {
        Ok(Args::from(String::deserialize(deserializer)?.as_str()))
    }
}
