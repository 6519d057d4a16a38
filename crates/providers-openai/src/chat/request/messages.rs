//! Conversion of blocks to messages.

use std::{borrow::Cow, sync::Arc};

use geppetto_engine::EngineError;
use geppetto_provider::rules::{CallIds, Origin, ToolNames};
use geppetto_turns::{Block, Content};
use serde::Serialize;

use super::user::Said;
use crate::chat::{Dialect, SystemRole};

mod assistant;

use assistant::Assistant;

/// A message of the request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Message<'a> {
    System {
        role: &'static str,
        content: Cow<'a, str>,
    },
    User {
        role: &'static str,
        content: Said<'a>,
    },
    Assistant(Assistant<'a>),
    Tool {
        role: &'static str,
        tool_call_id: Cow<'a, str>,
        content: String,
    },
}

/// Adds instructions of the engine: at the end of the application's if they are first, or in a
/// message before all others.
pub(super) fn instruct(messages: &mut Vec<Message<'_>>, text: String) {
    if let Some(Message::System { content, .. }) = messages.first_mut() {
        let content = content.to_mut();
        content.push_str("\n\n");
        content.push_str(&text);
        return;
    }
    let instructions = Message::System {
        role: "system",
        content: Cow::Owned(text),
    };
    messages.insert(0, instructions);
}

/// Destination of messages.
#[derive(Debug)]
pub(super) struct To<'a> {
    pub(super) dialect: &'a Dialect,
    pub(super) origin: Origin,
    /// Translation of tool names.
    pub(super) names: &'a ToolNames,
    /// `true` if signed thinking of the same server and model is sent back.
    pub(super) signed: bool,
}

/// Converts a repaired history to messages. Uninterrupted output of a model is one message; blocks
/// of unknown kinds are omitted.
///
/// # Errors
///
/// An error of kind `Configuration` for an image that cannot be sent.
pub(super) fn of<'a>(
    blocks: &'a [Arc<Block>],
    to: &'a To<'a>,
) -> Result<Vec<Message<'a>>, EngineError> {
    let mut messages = Vec::with_capacity(blocks.len());
    let mut said = Assistant::new(to);
    let mut ids = CallIds::new(to.dialect.call_ids);
    // `true` if tools were called since the last prompt.
    let mut called = false;
    for block in blocks {
        let message = match &block.content {
            Content::LlmText(text) => {
                said.text(block, text);
                continue;
            }
            Content::Reasoning(reasoning) => {
                said.reasoning(block, reasoning);
                continue;
            }
            Content::ToolCall(call) => {
                said.call(block, call, ids.call(&call.id));
                called = true;
                continue;
            }
            Content::System(system) => Message::System {
                role: match to.dialect.system_role {
                    SystemRole::System => "system",
                    SystemRole::Developer => "developer",
                },
                content: Cow::Borrowed(&system.text),
            },
            Content::User(user) => Message::User {
                role: "user",
                content: Said::of(user)?,
            },
            Content::ToolUse(answer) => Message::Tool {
                role: "tool",
                tool_call_id: ids.answer(&answer.id),
                content: answer.output(),
            },
            _ => continue,
        };
        flush(&mut said, &mut messages, to, called);
        called &= !matches!(message, Message::User { .. });
        messages.push(message);
    }
    flush(&mut said, &mut messages, to, called);
    Ok(messages)
}

/// Ends the model's message, unless it has no content that can be sent.
fn flush<'a>(
    said: &mut Assistant<'a>,
    messages: &mut Vec<Message<'a>>,
    to: &'a To<'a>,
    called: bool,
) {
    let mut said = std::mem::replace(said, Assistant::new(to));
    said.end(called);
    if !said.is_empty() {
        messages.push(Message::Assistant(said));
    }
}
