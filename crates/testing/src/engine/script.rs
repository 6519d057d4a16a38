//! [`Script`].

use std::time::Duration;

use geppetto_engine::ErrorKind;
use geppetto_turns::{FinishClass, Usage};

use crate::Gate;

/// What a scripted engine does in one inference, step by step.
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
    /// An empty reply.
    pub fn new() -> Self {
        Self::default()
    }

    fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// A piece of text; pieces that follow each other are one text.
    pub fn text(self, delta: impl Into<String>) -> Self {
        self.step(Step::Text(delta.into()))
    }

    /// A piece of reasoning; pieces that follow each other are one.
    pub fn reasoning(self, delta: impl Into<String>) -> Self {
        self.step(Step::Reasoning(delta.into()))
    }

    /// A tool call, its arguments in one piece.
    pub fn tool_call(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        self.tool_call_in_fragments(id, name, [arguments.into()])
    }

    /// A tool call, its arguments in pieces.
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

    /// Waits until the run is cancelled; for ever, if the script is [`deaf`](Self::deaf).
    pub fn hang(self) -> Self {
        self.step(Step::Hang)
    }

    /// Waits until the gate is opened, or the run is cancelled.
    pub fn hold_at(self, gate: &Gate) -> Self {
        self.step(Step::Hold(gate.clone()))
    }

    /// Fails; what was said so far is kept as incomplete.
    pub fn fail(self, kind: ErrorKind, message: impl Into<String>) -> Self {
        self.step(Step::Fail(kind, message.into()))
    }

    /// Panics.
    pub fn panic(self, message: impl Into<String>) -> Self {
        self.step(Step::Panic(message.into()))
    }

    /// Ignores that the run is cancelled.
    pub fn deaf(mut self) -> Self {
        self.deaf = true;
        self
    }

    /// Sets the tokens; unreported by default.
    pub fn usage(mut self, input: u64, output: u64) -> Self {
        self.usage = Some(Usage::new(input, output));
        self
    }

    /// Sets how the reply ends. By default: with tool calls pending if there are any, else
    /// completed.
    pub fn finish(mut self, class: FinishClass) -> Self {
        self.finish = Some(class);
        self
    }
}
