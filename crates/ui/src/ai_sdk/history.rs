//! Messages made from turns.

use geppetto_events::kind::ServerTool;
use geppetto_turns::{
    Block, Content, FilePart, ImagePart, MediaSource, Reasoning, RunEndStatus, ToolCall, ToolUse,
    Turn, UserContent,
    keys::{block_meta, turn_meta},
};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Chunk, FinishReason, Message, Part, metadata,
    projection::{
        ServerCall,
        texts::{refused, source},
        tools::{NOT_RUN, answer, approval, available, incomplete},
    },
};
use crate::history::{self, CLIENT_QUESTION, MESSAGE_ID, Waiting};

#[cfg(test)]
mod tests;

/// Returns the messages of a conversation, as `useChat` takes them as its `messages`.
///
/// The answer of a turn is one message with the turn's id, as in streams; a turn without an answer
/// has none. Instructions are not part of it.
#[must_use]
pub fn messages(turns: &[Turn]) -> Vec<Message> {
    let mut messages = Vec::new();
    for (turn, blocks) in history::own_blocks(turns) {
        let mut id = turn.metadata.raw(MESSAGE_ID).and_then(Value::as_str);
        for block in &blocks {
            let is_internal = block.metadata.raw(block_meta::MIDDLEWARE.id()).is_some()
                || history::is_retry(block);
            if let Content::User(content) = &block.content
                && !is_internal
            {
                let id = id.take().unwrap_or(&block.id);
                messages.push(user_message(id, content));
            }
        }
        let mut answer = Message::assistant(&turn.id);
        for chunk in chunks_of(turn, blocks) {
            answer.apply(&chunk);
        }
        if answer.has_content() {
            messages.push(answer);
        }
    }
    messages
}

fn user_message(id: &str, content: &UserContent) -> Message {
    let mut parts = Vec::new();
    parts.extend(content.images.iter().filter_map(image));
    parts.extend(content.files.iter().filter_map(file));
    if !content.text.is_empty() {
        parts.push(Part::text(&content.text));
    }
    Message::user(id, parts)
}

fn image(part: &ImagePart) -> Option<Part> {
    let media_type = part.media_type.clone();
    let url = part.to_url()?;
    Some(Part::file(
        url,
        media_type.unwrap_or_else(|| "image".to_owned()),
        None,
    ))
}

fn file(part: &FilePart) -> Option<Part> {
    let media_type = part.media_type.clone();
    let url = match &part.source {
        MediaSource::Url(url) => url.clone(),
        _ => part.to_data_url()?,
    };
    let media_type = media_type.unwrap_or_else(|| "application/octet-stream".to_owned());
    Some(Part::file(url, media_type, part.name.clone()))
}

/// Returns the chunks of a turn's answer, from a block on.
pub(super) fn chunks(turn: &Turn, from: usize) -> Vec<Chunk> {
    chunks_of(turn, history::blocks_from(turn, from))
}

/// Returns the last chunk of a turn's stream.
pub(super) fn end(turn: &Turn) -> Chunk {
    let end = history::end(turn).unwrap_or_default();
    if end.status == RunEndStatus::Failed {
        return Chunk::Error {
            error_text: end.reason,
        };
    }
    if end.reason.starts_with("cancelled") {
        let reason = Some(end.reason);
        return Chunk::Abort { reason };
    }
    let result = turn.metadata.raw(turn_meta::INFERENCE_RESULT.id());
    let class = result.and_then(|result| result.get("finish_class")?.as_str());
    Chunk::Finish {
        finish_reason: match end.status {
            RunEndStatus::Stopped if !end.reason.starts_with("waiting") => {
                FinishReason::Interrupted
            }
            _ => FinishReason::of_class(class.unwrap_or_default()),
        },
        message_metadata: None,
    }
}

fn chunks_of(turn: &Turn, mut blocks: Vec<&Block>) -> Vec<Chunk> {
    history::without_retries(&mut blocks);
    let mut writer = Writer {
        waiting: history::waiting(turn),
        ..Writer::default()
    };
    for (index, block) in blocks.into_iter().enumerate() {
        writer.block(block, index);
    }
    writer.end(turn);
    writer.out
}

/// Writes the chunks of a turn.
#[derive(Default)]
struct Writer {
    out: Vec<Chunk>,
    waiting: Vec<Waiting>,
    in_step: bool,
    /// `true` after the answer to a call: what the model writes next is another step.
    answered: bool,
    /// Complete calls without an answer.
    open: Vec<(String, String)>,
}

impl Writer {
    fn block(&mut self, block: &Block, index: usize) {
        if block.kind().is_model_output() {
            self.step();
        }
        let id = match block.id.as_str() {
            "" => format!("block-{index}"),
            id => id.to_owned(),
        };
        self.server_tools(block, false);
        match &block.content {
            Content::LlmText(text) if !text.text.trim().is_empty() => {
                self.out.push(Chunk::TextStart {
                    id: id.clone(),
                    provider_metadata: text.refusal.then(refused),
                });
                let delta = text.text.clone();
                self.out.push(Chunk::TextDelta {
                    id: id.clone(),
                    delta,
                });
                self.out.push(Chunk::TextEnd { id });
                self.sources(block);
            }
            Content::Reasoning(own) => self.reasoning(&id, own),
            Content::ToolCall(call) => self.call(block, call),
            Content::ToolUse(own) => self.answer(own),
            _ => {}
        }
        self.server_tools(block, true);
    }

    fn step(&mut self) {
        if self.in_step && !self.answered {
            return;
        }
        if self.in_step {
            self.out.push(Chunk::FinishStep);
        }
        (self.in_step, self.answered) = (true, false);
        self.out.push(Chunk::StartStep);
    }

    fn reasoning(&mut self, id: &str, own: &Reasoning) {
        let summary = own.summary.iter().map(|part| part.text.as_str());
        let texts = std::iter::once(own.text.as_str()).chain(summary);
        for (index, text) in texts.filter(|text| !text.trim().is_empty()).enumerate() {
            let id = match index {
                0 => id.to_owned(),
                index => format!("{id}-{index}"),
            };
            self.out.push(Chunk::ReasoningStart { id: id.clone() });
            self.out.push(Chunk::ReasoningDelta {
                id: id.clone(),
                delta: text.to_owned(),
            });
            self.out.push(Chunk::ReasoningEnd { id });
        }
    }

    fn call(&mut self, block: &Block, call: &ToolCall) {
        let (id, name, arguments) = (&call.id, &call.name, call.shown_args());
        if block.incomplete().is_some() {
            return self.out.push(incomplete(id, name, arguments));
        }
        self.out.push(available(id, name, arguments));
        self.open.push((id.clone(), name.clone()));
    }

    fn answer(&mut self, own: &ToolUse) {
        self.answered = true;
        self.open.retain(|(id, _)| *id != own.id);
        self.out
            .push(answer(&own.id, &own.shown_output(), own.is_error()));
    }

    fn sources(&mut self, block: &Block) {
        let stored = block.metadata.raw(block_meta::SOURCES.id());
        let mut shown = Vec::new();
        for own in stored.and_then(Value::as_array).into_iter().flatten() {
            let field = |name: &str| own.get(name).and_then(Value::as_str).unwrap_or_default();
            let key = (field("url"), field("title"));
            if key != ("", "") && !shown.contains(&key) {
                shown.push(key);
                self.out.push(source(key.0, key.1));
            }
        }
    }

    /// Writes the calls of the provider's tools that were made before or after a block.
    fn server_tools(&mut self, block: &Block, after: bool) {
        let records = block.metadata.raw(block_meta::SERVER_TOOLS.id());
        for record in records.and_then(Value::as_array).into_iter().flatten() {
            let Ok(tool) = ServerTool::deserialize(record) else {
                continue;
            };
            if record.get("after").is_some() != after {
                continue;
            }
            self.step();
            let mut call = ServerCall::default();
            let key = format!("{}-{}", tool.tool, self.out.len());
            self.out.extend(call.progress(&tool, &key));
            self.out.extend(call.end(None));
        }
    }

    fn end(&mut self, turn: &Turn) {
        let (mut ends_with_calls, mut waits) = (self.answered, false);
        for (id, name) in std::mem::take(&mut self.open) {
            ends_with_calls = true;
            let mut asked = self.waiting.iter();
            let asked = asked.find(|own| own.call_id == id && own.tool_name == name);
            waits |= asked.is_some();
            match asked {
                // The interface executes the tool.
                Some(asked) if asked.question == CLIENT_QUESTION => {}
                Some(asked) => self.out.push(approval(&id, &asked.question)),
                None => self.out.push(answer(&id, NOT_RUN, true)),
            }
        }
        if self.in_step {
            self.out.push(Chunk::FinishStep);
        }
        // As in streams.
        if self.in_step && ends_with_calls && !waits {
            self.out.extend([Chunk::StartStep, Chunk::FinishStep]);
        }
        let (model, usage) = history::facts(turn);
        let limit = history::limit(turn);
        let metadata = metadata::of(usage.as_ref(), model, limit.as_deref());
        if let Some(message_metadata) = metadata.filter(|_| self.in_step) {
            self.out.push(Chunk::MessageMetadata { message_metadata });
        }
    }
}
