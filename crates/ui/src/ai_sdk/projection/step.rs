//! [`Step`]: the chunks of the current provider call.

use crate::ai_sdk::Chunk;

/// The chunks of the current step, with adjacent deltas merged.
#[derive(Debug, Clone, Default)]
pub(super) struct Step {
    /// Id and attempt of the provider call.
    call: (String, u32),
    chunks: Vec<(String, Chunk)>,
}

impl Step {
    pub(super) fn new(call: (String, u32)) -> Self {
        Self {
            call,
            chunks: Vec::new(),
        }
    }

    pub(super) fn is_of(&self, call: &(String, u32)) -> bool {
        self.call == *call
    }

    /// Returns `true` if the step has calls of tools that the provider does not execute.
    pub(super) fn has_calls(&self) -> bool {
        let is_call = |chunk: &Chunk| {
            matches!(
                chunk,
                Chunk::ToolInputStart {
                    provider_executed: None,
                    ..
                } | Chunk::ToolInputAvailable {
                    provider_executed: None,
                    ..
                }
            )
        };
        self.chunks.iter().any(|(_, chunk)| is_call(chunk))
    }

    /// Adds a chunk of a segment; of none, if its id is empty.
    pub(super) fn add(&mut self, segment: &str, chunk: &Chunk) {
        if let Some((_, last)) = self.chunks.last_mut()
            && merged(last, chunk)
        {
            return;
        }
        self.chunks.push((segment.to_owned(), chunk.clone()));
    }

    /// Removes the chunks of a segment. Returns those that stay, unless there was nothing to
    /// remove.
    pub(super) fn without(&mut self, segment: &str) -> Option<Vec<Chunk>> {
        let before = self.chunks.len();
        self.chunks.retain(|(own, _)| own != segment);
        let stays = || self.chunks.iter().map(|(_, chunk)| chunk.clone()).collect();
        (self.chunks.len() < before).then(stays)
    }
}

/// Returns text and part of a delta.
fn delta(chunk: &Chunk) -> Option<(&String, (&String, u8))> {
    match chunk {
        Chunk::TextDelta { id, delta } => Some((delta, (id, 0))),
        Chunk::ReasoningDelta { id, delta } => Some((delta, (id, 1))),
        Chunk::ToolInputDelta {
            tool_call_id,
            input_text_delta,
        } => Some((input_text_delta, (tool_call_id, 2))),
        _ => None,
    }
}

/// Like [`delta`], to append to the text.
fn delta_of(chunk: &mut Chunk) -> Option<(&mut String, (&String, u8))> {
    match chunk {
        Chunk::TextDelta { id, delta } => Some((delta, (id, 0))),
        Chunk::ReasoningDelta { id, delta } => Some((delta, (id, 1))),
        Chunk::ToolInputDelta {
            tool_call_id,
            input_text_delta,
        } => Some((input_text_delta, (tool_call_id, 2))),
        _ => None,
    }
}

/// Appends a delta to the chunk before it, if both belong to the same part.
fn merged(last: &mut Chunk, next: &Chunk) -> bool {
    let (Some((text, id)), Some((more, of))) = (delta_of(last), delta(next)) else {
        return false;
    };
    if id != of {
        return false;
    }
    text.push_str(more);
    true
}
