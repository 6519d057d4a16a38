//! Texts and reasoning.

use geppetto_events::Event;

use super::{Projection, UiEvent, segment};

impl Projection {
    pub(super) fn text(&mut self, event: &Event, delta: &str, offset: Option<u64>) {
        let id = segment(event);
        let own = self.texts.entry(id.to_owned()).or_default();
        let was_shown = own.is_shown();
        let Some(text) = own.push(delta, offset) else {
            return;
        };
        self.show_text(event, was_shown, text.into_owned());
    }

    fn show_text(&mut self, event: &Event, was_shown: bool, delta: String) {
        let id = segment(event).to_owned();
        if !was_shown {
            self.note(event, &id, None);
            self.parent = Some(id.clone());
            self.send(UiEvent::TextMessageStart {
                message_id: id.clone(),
                role: "assistant",
            });
        }
        self.send(UiEvent::TextMessageContent {
            message_id: id,
            delta,
        });
    }

    pub(super) fn end_text(&mut self, event: &Event, text: &str, replaced: bool) {
        let id = segment(event).to_owned();
        let mut own = self.texts.remove(&id).unwrap_or_default();
        if !replaced {
            let was_shown = own.is_shown();
            if let Some(rest) = own.finish(text) {
                self.show_text(event, was_shown, rest.into_owned());
            }
        }
        if own.is_shown() {
            let message_id = id.clone();
            self.send(UiEvent::TextMessageEnd { message_id });
        }
        if replaced && own.is_shown() {
            self.parent = None;
            self.withdraw(&[id]);
        }
    }

    pub(super) fn reason(&mut self, event: &Event, delta: &str, offset: Option<u64>) {
        let id = segment(event);
        let own = self.reasoning.entry(id.to_owned()).or_default();
        let was_shown = own.is_shown();
        let Some(text) = own.push(delta, offset) else {
            return;
        };
        self.show_reasoning(event, was_shown, text.into_owned());
    }

    fn show_reasoning(&mut self, event: &Event, was_shown: bool, delta: String) {
        let id = segment(event).to_owned();
        if !was_shown {
            self.note(event, &id, None);
            let message_id = id.clone();
            self.send(UiEvent::ReasoningStart { message_id });
            self.send(UiEvent::ReasoningMessageStart {
                message_id: id.clone(),
                role: "reasoning",
            });
        }
        self.send(UiEvent::ReasoningMessageContent {
            message_id: id,
            delta,
        });
    }

    pub(super) fn end_reasoning(&mut self, event: &Event, text: &str, replaced: bool) {
        let id = segment(event).to_owned();
        let mut own = self.reasoning.remove(&id).unwrap_or_default();
        if !replaced {
            let was_shown = own.is_shown();
            if let Some(rest) = own.finish(text) {
                self.show_reasoning(event, was_shown, rest.into_owned());
            }
        }
        if own.is_shown() {
            self.close_reasoning(id.clone());
        }
        if replaced && own.is_shown() {
            self.withdraw(&[id]);
        }
    }

    fn close_reasoning(&mut self, id: String) {
        self.send(UiEvent::ReasoningMessageEnd {
            message_id: id.clone(),
        });
        self.send(UiEvent::ReasoningEnd { message_id: id });
        if self.stale_reasoning {
            self.send_messages();
        }
    }

    /// Ends texts and reasoning whose ends are missing.
    pub(super) fn end_segments(&mut self) {
        for (id, own) in std::mem::take(&mut self.texts) {
            if own.is_shown() {
                self.send(UiEvent::TextMessageEnd { message_id: id });
            }
        }
        for (id, own) in std::mem::take(&mut self.reasoning) {
            if own.is_shown() {
                self.close_reasoning(id);
            }
        }
    }

    /// Removes messages and calls from the conversation.
    pub(super) fn withdraw(&mut self, ids: &[String]) {
        let mut messages = self.conversation.messages().iter();
        self.stale_reasoning |=
            messages.any(|own| own.is_reasoning() && ids.iter().any(|id| id == own.id()));
        self.conversation.remove(ids);
        self.send_messages();
    }
}
