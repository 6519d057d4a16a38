//! From blocks to messages.

use std::sync::Arc;

use geppetto_engine::EngineError;
use geppetto_turns::{Block, Content};
use serde::Serialize;

use super::user::Said;
use crate::chat::{Dialect, SystemRole};

mod assistant;

use assistant::Assistant;

/// One message of the request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Message<'a> {
    System {
        role: &'static str,
        content: &'a str,
    },
    User {
        role: &'static str,
        content: Said<'a>,
    },
    Assistant(Assistant<'a>),
    Tool {
        role: &'static str,
        tool_call_id: &'a str,
        content: String,
    },
}

/// The messages of a repaired history. What a model said without a break is one message; blocks
/// of kinds that are not known are left out.
///
/// # Errors
///
/// Of kind `Configuration`, for an image that nothing can be made of.
pub(super) fn of<'a>(
    blocks: &'a [Arc<Block>],
    dialect: &'a Dialect,
) -> Result<Vec<Message<'a>>, EngineError> {
    let mut messages = Vec::with_capacity(blocks.len());
    let mut said = Assistant::new(dialect);
    for block in blocks {
        let message = match &block.content {
            Content::LlmText(text) => {
                said.text(text);
                continue;
            }
            Content::Reasoning(reasoning) => {
                said.reasoning(reasoning);
                continue;
            }
            Content::ToolCall(call) => {
                said.call(call);
                continue;
            }
            Content::System(system) => Message::System {
                role: match dialect.system_role {
                    SystemRole::System => "system",
                    SystemRole::Developer => "developer",
                },
                content: &system.text,
            },
            Content::User(user) => Message::User {
                role: "user",
                content: Said::of(user)?,
            },
            Content::ToolUse(answer) => Message::Tool {
                role: "tool",
                tool_call_id: &answer.id,
                content: answer.output(),
            },
            _ => continue,
        };
        flush(&mut said, &mut messages, dialect);
        messages.push(message);
    }
    flush(&mut said, &mut messages, dialect);
    Ok(messages)
}

/// Ends the model's message, unless it said nothing that can be sent.
fn flush<'a>(said: &mut Assistant<'a>, messages: &mut Vec<Message<'a>>, dialect: &'a Dialect) {
    let said = std::mem::replace(said, Assistant::new(dialect));
    if !said.is_empty() {
        messages.push(Message::Assistant(said));
    }
}
