//! [`Conversation`]: messages folded from events.

use super::{Message, ToolCall, UiEvent};

/// The messages of a conversation, as the client folds them from events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conversation {
    messages: Vec<Message>,
}

impl Conversation {
    /// Creates a conversation with these messages.
    #[must_use]
    pub fn new(messages: Vec<Message>) -> Self {
        Self { messages }
    }

    /// Returns the messages.
    #[must_use]
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    pub(super) fn push(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Removes the messages and tool calls with these ids.
    pub(super) fn remove(&mut self, ids: &[String]) {
        self.messages.retain_mut(|message| {
            if let Message::Assistant {
                content,
                tool_calls,
                ..
            } = message
            {
                let before = tool_calls.len();
                tool_calls.retain(|call| !ids.contains(&call.id));
                if content.is_none() && tool_calls.is_empty() && before > 0 {
                    return false;
                }
            }
            !ids.iter().any(|id| id == message.id())
        });
    }

    /// Applies an event.
    pub fn apply(&mut self, event: &UiEvent) {
        match event {
            UiEvent::MessagesSnapshot { messages } => self.messages.clone_from(messages),
            UiEvent::TextMessageStart { message_id, .. } => self.open_text(message_id),
            UiEvent::TextMessageContent { message_id, delta } => {
                if let Some(Message::Assistant { content, .. }) = self.find(message_id) {
                    content.get_or_insert_default().push_str(delta);
                }
            }
            UiEvent::ReasoningMessageStart { message_id, .. } => {
                self.messages.push(Message::Reasoning {
                    id: message_id.clone(),
                    content: String::new(),
                });
            }
            UiEvent::ReasoningMessageContent { message_id, delta } => {
                if let Some(Message::Reasoning { content, .. }) = self.find(message_id) {
                    content.push_str(delta);
                }
            }
            UiEvent::ToolCallStart {
                tool_call_id,
                tool_call_name,
                parent_message_id,
            } => self.open_call(tool_call_id, tool_call_name, parent_message_id),
            UiEvent::ToolCallArgs {
                tool_call_id,
                delta,
            } => {
                if let Some(call) = self.call(tool_call_id) {
                    call.function.arguments.push_str(delta);
                }
            }
            UiEvent::ToolCallResult {
                message_id,
                tool_call_id,
                content,
                ..
            } => self.messages.push(Message::Tool {
                id: message_id.clone(),
                content: content.clone(),
                tool_call_id: tool_call_id.clone(),
                error: None,
            }),
            UiEvent::ActivitySnapshot {
                message_id,
                activity_type,
                content,
                ..
            } => self.activity(Message::Activity {
                id: message_id.clone(),
                activity_type: activity_type.clone(),
                content: content.clone(),
            }),
            _ => {}
        }
    }

    fn find(&mut self, id: &str) -> Option<&mut Message> {
        self.messages.iter_mut().rev().find(|own| own.id() == id)
    }

    fn open_text(&mut self, id: &str) {
        if self.find(id).is_none() {
            self.messages.push(Message::Assistant {
                id: id.to_owned(),
                content: Some(String::new()),
                tool_calls: Vec::new(),
            });
        }
    }

    fn open_call(&mut self, id: &str, name: &str, parent: &str) {
        if self.find(parent).is_none() {
            self.messages.push(Message::Assistant {
                id: parent.to_owned(),
                content: None,
                tool_calls: Vec::new(),
            });
        }
        if let Some(Message::Assistant { tool_calls, .. }) = self.find(parent) {
            tool_calls.push(ToolCall::new(id, name, ""));
        }
    }

    fn call(&mut self, id: &str) -> Option<&mut ToolCall> {
        self.messages.iter_mut().rev().find_map(|own| match own {
            Message::Assistant { tool_calls, .. } => {
                tool_calls.iter_mut().rev().find(|own| own.id == id)
            }
            _ => None,
        })
    }

    fn activity(&mut self, message: Message) {
        match self.find(message.id()) {
            Some(known) => *known = message,
            None => self.messages.push(message),
        }
    }
}
