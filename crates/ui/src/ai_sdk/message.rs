//! [`Message`]: a message as interfaces keep it.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Chunk, Part, part::ToolState};
use crate::RawJson;

/// A message of a user or of the assistant: the type `UIMessage` of the package `ai`.
///
/// [`apply`](Self::apply) does with chunks what the package's own reader does.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// Id.
    pub id: String,
    /// `user` or `assistant`.
    pub role: &'static str,
    /// Model, usage, and the limit that stopped the run.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
    /// Parts, in order.
    pub parts: Vec<Part>,
}

impl Message {
    /// Creates a message of the assistant without parts.
    #[must_use]
    pub fn assistant(id: impl Into<String>) -> Self {
        Self::new(id.into(), "assistant", Vec::new())
    }

    /// Creates a message of the user.
    #[must_use]
    pub fn user(id: impl Into<String>, parts: Vec<Part>) -> Self {
        Self::new(id.into(), "user", parts)
    }

    fn new(id: String, role: &'static str, parts: Vec<Part>) -> Self {
        Self {
            id,
            role,
            metadata: Map::new(),
            parts,
        }
    }

    /// Returns `true` if the message has parts other than the beginnings of steps.
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.parts.iter().any(|part| *part != Part::StepStart)
    }

    /// Returns the text of all text parts.
    #[must_use]
    pub fn text(&self) -> String {
        let texts = self.parts.iter().filter_map(|part| match part {
            Part::Text { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Applies a chunk of the message's stream.
    pub fn apply(&mut self, chunk: &Chunk) {
        match chunk {
            Chunk::Start {
                message_id,
                message_metadata,
            } => {
                self.id.clone_from(message_id);
                self.merge(message_metadata.as_ref());
            }
            Chunk::StartStep => self.parts.push(Part::StepStart),
            Chunk::ResetStep => {
                let is_start = |part: &Part| *part == Part::StepStart;
                let start = self.parts.iter().rposition(is_start);
                self.parts.truncate(start.map_or(0, |start| start + 1));
            }
            Chunk::TextStart {
                id,
                provider_metadata,
            } => self.parts.push(Part::Text {
                id: id.clone(),
                text: String::new(),
                provider_metadata: provider_metadata.clone(),
                state: Some("streaming"),
            }),
            Chunk::ReasoningStart { id } => self.parts.push(Part::Reasoning {
                id: id.clone(),
                text: String::new(),
                state: "streaming",
            }),
            Chunk::TextDelta { id, delta } | Chunk::ReasoningDelta { id, delta } => {
                self.append(id, delta);
            }
            Chunk::TextEnd { id } | Chunk::ReasoningEnd { id } => self.done(id),
            Chunk::MessageMetadata { message_metadata } => self.merge(Some(message_metadata)),
            Chunk::Finish {
                message_metadata, ..
            } => self.merge(message_metadata.as_ref()),
            other => match Part::of(other) {
                Some(part) => self.parts.push(part),
                None => self.apply_to_call(other),
            },
        }
    }

    fn merge(&mut self, metadata: Option<&RawJson>) {
        let fields = metadata.and_then(|own| serde_json::from_str(own.get()).ok());
        let fields: Map<String, Value> = fields.unwrap_or_default();
        self.metadata.extend(fields);
    }

    fn append(&mut self, of: &str, delta: &str) {
        for part in self.parts.iter_mut().rev() {
            if let Part::Text { id, text, .. } | Part::Reasoning { id, text, .. } = part
                && id == of
            {
                return text.push_str(delta);
            }
        }
    }

    fn done(&mut self, of: &str) {
        for part in self.parts.iter_mut().rev() {
            match part {
                Part::Text { id, state, .. } if id == of => return *state = Some("done"),
                Part::Reasoning { id, state, .. } if id == of => return *state = "done",
                _ => {}
            }
        }
    }

    fn apply_to_call(&mut self, chunk: &Chunk) {
        let (id, name) = match chunk {
            Chunk::ToolInputStart {
                tool_call_id,
                tool_name,
                ..
            }
            | Chunk::ToolInputAvailable {
                tool_call_id,
                tool_name,
                ..
            }
            | Chunk::ToolInputError {
                tool_call_id,
                tool_name,
                ..
            } => (tool_call_id, Some(tool_name)),
            Chunk::ToolInputDelta { tool_call_id, .. }
            | Chunk::ToolApprovalRequest { tool_call_id, .. }
            | Chunk::ToolOutputAvailable { tool_call_id, .. }
            | Chunk::ToolOutputError { tool_call_id, .. }
            | Chunk::ToolOutputDenied { tool_call_id } => (tool_call_id, None),
            Chunk::ToolApprovalResponse { approval_id, .. } => (approval_id, None),
            _ => return,
        };
        let Some(index) = self.call(id, name) else {
            return;
        };
        if let Some(Part::Tool(call)) = self.parts.get_mut(index) {
            call.apply(chunk);
        }
    }

    /// Returns the index of a call, which is added if its name is known: in the current step, or
    /// before it.
    fn call(&mut self, id: &str, name: Option<&String>) -> Option<usize> {
        let is_call = |part: &Part| matches!(part, Part::Tool(own) if own.tool_call_id == id);
        let is_start = |part: &Part| *part == Part::StepStart;
        let found = self.parts.iter().rposition(is_call);
        let start = self.parts.iter().rposition(is_start);
        match name {
            None => found,
            Some(_) if found.is_some() && found >= start => found,
            Some(name) => {
                self.parts
                    .push(Part::Tool(Box::new(ToolState::new(id, name))));
                self.parts.len().checked_sub(1)
            }
        }
    }
}
