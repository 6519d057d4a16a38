//! [`Script`]: the steps of one inference.

use std::time::Duration;

use geppetto_engine::ErrorKind;
use geppetto_turns::{FinishClass, Usage};

use crate::Gate;

/// Steps of a [`ScriptedEngine`](crate::ScriptedEngine) in one inference, in the order of the
/// calls.
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Script {
    pub(super) steps: Vec<Step>,
    pub(super) usage: Option<Usage>,
    pub(super) finish: Option<FinishClass>,
    pub(super) deaf: bool,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Text(String),
    Reasoning(String),
    ToolCall {
        id: String,
        name: String,
        arguments: Vec<String>,
    },
    Wait(Duration),
    Hang,
    Hold(Gate),
    Fail(ErrorKind, String),
    Panic(String),
}

impl Script {
    /// Creates an empty reply.
    pub fn new() -> Self {
        Self::default()
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// Adds a text delta. Consecutive deltas form one text block.
    pub fn text(self, delta: impl Into<String>) -> Self {
        self.step(Step::Text(delta.into()))
    }

    /// Adds a reasoning delta. Consecutive deltas form one reasoning block.
    pub fn reasoning(self, delta: impl Into<String>) -> Self {
        self.step(Step::Reasoning(delta.into()))
    }

    /// Adds a tool call whose arguments (a JSON text) arrive at once.
    pub fn tool_call(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        self.tool_call_in_fragments(id, name, [arguments.into()])
    }

    /// Adds a tool call whose arguments arrive in fragments.
    pub fn tool_call_in_fragments<T: Into<String>>(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl IntoIterator<Item = T>,
    ) -> Self {
        self.step(Step::ToolCall {
            id: id.into(),
            name: name.into(),
            arguments: arguments.into_iter().map(Into::into).collect(),
        })
    }

    /// Waits on tokio's clock, or until the run is cancelled.
    pub fn wait(self, time: Duration) -> Self {
        self.step(Step::Wait(time))
    }

    /// Waits until the run is cancelled, or forever if the script is [`deaf`](Self::deaf).
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Waits until the test opens the gate, or the run is cancelled.
    pub fn hold_at(self, gate: &Gate) -> Self {
        self.step(Step::Hold(gate.clone()))
    }

    /// Fails with this error. The output so far is kept and marked as incomplete.
    pub fn fail(self, kind: ErrorKind, message: impl Into<String>) -> Self {
        self.step(Step::Fail(kind, message.into()))
    }

    /// Panics with this message.
    pub fn panic(self, message: impl Into<String>) -> Self {
        self.step(Step::Panic(message.into()))
    }

    /// Ignores the cancellation of the run.
    pub fn deaf(mut self) -> Self {
        self.deaf = true;
        self
    }

    /// Sets the token usage of the inference; not reported by default.
    pub fn usage(mut self, input: u64, output: u64) -> Self {
        self.usage = Some(Usage::new(input, output));
        self
    }

    /// Sets the finish class. The default is tool calls pending if there are any, and completed
    /// otherwise.
    pub fn finish(mut self, class: FinishClass) -> Self {
        self.finish = Some(class);
        self
    }
}
