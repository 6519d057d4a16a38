//! [`PendingCall`] and [`Decision`]: tool calls that wait for a person.

use std::collections::{HashMap, HashSet};

use geppetto_turns::{Args, Blocks, Content, ToolCall, Turn};
use serde::{Deserialize, Serialize};

use crate::{WaitingFor, keys};

#[cfg(test)]
mod tests;

/// The answer of a call that waited for a person when the conversation went on with a new prompt.
pub const NOT_DECIDED: &str = "not run: the user went on without deciding";

/// A tool call that waits for a person to decide about it.
///
/// A run whose calls wait ends with [`RunStop::Waiting`](crate::RunStop::Waiting), and the turn's
/// metadata contain the calls under [`keys::WAITING_FOR`]. That record says which calls are asked about
/// again, and no more: a decision never comes from a stored turn.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct PendingCall {
    /// The call's id, as the model or its provider gave it.
    pub call_id: String,
    /// The tool's name.
    pub tool_name: String,
    /// The arguments that the tool would run with, with what is secret masked.
    pub input: String,
    /// The question for the person, without what is secret.
    pub question: String,
}

impl PendingCall {
    /// A call of `tool_name` with masked `input`, and what a person is asked about it.
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
        }
    }

    /// The calls of `turn` that wait: those of its record that are part of the last model output,
    /// have no answer, and after which the conversation did not go on.
    #[must_use]
    pub fn of(turn: &Turn) -> Vec<Self> {
        // What cannot be read was not written by a runner.
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

    /// Writes which calls of `turn` wait, in place of what was written before.
    ///
    /// For implementations of runners.
    pub fn record(turn: &mut Turn, calls: &[Self]) {
        if calls.is_empty() {
            turn.metadata.remove(&keys::WAITING_FOR);
        } else {
            // Texts can always be written.
            let waiting = WaitingFor::decisions(calls.iter().cloned());
            let _ = turn.metadata.set(&keys::WAITING_FOR, &waiting);
        }
    }
}

/// The whole calls of the last model output that have no answer, by id. Of calls with the same id the
/// first counts, as in a repaired history.
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

/// What a person decided about a tool call that waits.
///
/// Given to a run with [`RunContext::with_decisions`](crate::RunContext::with_decisions), which
/// sessions do in `Session::answer`. While hooks are asked about the call, their context has the
/// decision as an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decision {
    /// The call runs. A hook that still wants to wait is not obeyed; one that rejects the call is.
    Allow,
    /// As [`Allow`](Self::Allow), with these arguments in place of the model's. They are checked
    /// against the tool's schema, and the model is told with which arguments the tool ran.
    AllowWith(Args),
    /// The call does not run, and the model gets this reason.
    Reject(String),
}

impl Decision {
    /// Allows the call with other arguments: a JSON object, as a value or as text.
    pub fn allow_with(args: impl Into<Args>) -> Self {
        Self::AllowWith(args.into())
    }

    /// Rejects the call for `reason`, which the model gets.
    pub fn reject(reason: impl Into<String>) -> Self {
        Self::Reject(reason.into())
    }
}
