//! What the client has of a conversation.

use std::collections::HashMap;

use serde_json::Value;

use super::{Message as Own, RunInput, text_of};
use crate::agui::{Message, ToolCall};

#[cfg(test)]
mod tests;

impl RunInput {
    /// Returns `true` if the client has these messages. It may lack reasoning and activities, which
    /// some clients do not send.
    ///
    /// An answer of which the client has only a part, because it closed its connection to stop it, is
    /// another one.
    pub(in crate::agui) fn has(&self, messages: &[Message]) -> bool {
        // A client keeps its reasoning where the conversation has none, so another snapshot does not
        // remove it.
        let with_reasoning = messages.iter().any(Message::is_reasoning);
        let mut own = self.messages.iter().filter(|own| match &*own.role {
            "user" | "assistant" | "tool" => true,
            "reasoning" => with_reasoning,
            _ => false,
        });
        let mut next = own.next();
        for message in messages {
            match next.filter(|own| own.id == message.id()) {
                Some(known) if is_same(known, message) => next = own.next(),
                None if is_optional(message) => {}
                _ => return false,
            }
        }
        next.is_none()
    }

    /// Returns the number of messages that have to come first, alone, for the client to have all of
    /// them in order; `None` if they can come at once.
    ///
    /// Clients keep the order of the messages that they have when a `MESSAGES_SNAPSHOT` has them, too,
    /// and add the others at the end.
    pub(in crate::agui) fn in_order(&self, messages: &[Message]) -> Option<usize> {
        let own = self.messages.iter().enumerate();
        let places: HashMap<&str, usize> = own.map(|(place, own)| (&*own.id, place)).collect();
        let (mut last, mut is_missing) = (None, false);
        messages.iter().position(|message| {
            let Some(place) = places.get(message.id()) else {
                is_missing = true;
                return false;
            };
            let follows = !is_missing && last < Some(place);
            last = Some(place);
            !follows
        })
    }
}

fn is_optional(message: &Message) -> bool {
    matches!(
        message,
        Message::Reasoning { .. } | Message::Activity { .. }
    )
}

/// Returns `true` if the client has the whole message. Blanks at the ends do not count: some clients
/// remove them.
fn is_same(own: &Own, message: &Message) -> bool {
    let has_text = |text: &str| text_of(&own.content).trim() == text.trim();
    match message {
        Message::Assistant {
            content,
            tool_calls,
            ..
        } => has_text(content.as_deref().unwrap_or_default()) && has_calls(own, tool_calls),
        Message::Reasoning { content, .. } => has_text(content),
        _ => true,
    }
}

/// Returns `true` if the client has these tool calls, with arguments of the same value.
fn has_calls(own: &Own, calls: &[ToolCall]) -> bool {
    let known = own.tool_calls.as_array();
    let known = known.map(Vec::as_slice).unwrap_or_default();
    let is_same = |known: &Value, call: &ToolCall| {
        let arguments = known.pointer("/function/arguments").and_then(Value::as_str);
        known.get("id").and_then(Value::as_str) == Some(&call.id)
            && arguments.is_some_and(|own| is_same_json(own, &call.function.arguments))
    };
    known.len() == calls.len()
        && known
            .iter()
            .zip(calls)
            .all(|(own, call)| is_same(own, call))
}

fn is_same_json(own: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    own.trim() == other.trim() || read(own).is_some_and(|own| Some(own) == read(other))
}
