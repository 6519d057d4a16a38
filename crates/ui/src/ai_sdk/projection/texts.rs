//! Texts, reasoning and sources.

use geppetto_events::{
    Event,
    kind::{REPLACED, ReasoningFinished, TextFinished},
};
use serde_json::json;

use super::{Projection, segment};
use crate::{RawJson, ai_sdk::Chunk};

impl Projection {
    /// Remembers that a text is a refusal, until it is shown.
    pub(super) fn start_refusal(&mut self, event: &Event) {
        self.refusals.insert(segment(event).to_owned());
    }

    pub(super) fn text(&mut self, event: &Event, delta: &str, offset: Option<u64>) {
        let id = segment(event);
        let own = self.texts.entry(id.to_owned()).or_default();
        let was_shown = own.is_shown();
        let Some(text) = own.push(delta, offset) else {
            return;
        };
        self.show_text(id, !was_shown, text.into_owned());
    }

    fn show_text(&mut self, id: &str, starts: bool, delta: String) {
        if starts {
            let refusal = self.refusals.remove(id);
            let start = Chunk::TextStart {
                id: id.to_owned(),
                provider_metadata: refusal.then(refused),
            };
            self.segment_part(id, start);
        }
        let id_of = id.to_owned();
        self.segment_part(id, Chunk::TextDelta { id: id_of, delta });
    }

    pub(super) fn end_text(&mut self, event: &Event, end: &TextFinished) {
        let id = segment(event);
        if end.finish_reason.as_deref() == Some(REPLACED) {
            self.texts.remove(id);
            return self.withdraw(id);
        }
        let mut own = self.texts.remove(id).unwrap_or_default();
        let was_shown = own.is_shown();
        if let Some(rest) = own.finish(&end.text) {
            self.show_text(id, !was_shown, rest.into_owned());
        }
        if own.is_shown() {
            self.segment_part(id, Chunk::TextEnd { id: id.to_owned() });
        }
    }

    pub(super) fn reason(&mut self, event: &Event, delta: &str, offset: Option<u64>) {
        let id = segment(event);
        let own = self.reasoning.entry(id.to_owned()).or_default();
        let was_shown = own.is_shown();
        let Some(text) = own.push(delta, offset) else {
            return;
        };
        self.show_reasoning(id, !was_shown, text.into_owned());
    }

    fn show_reasoning(&mut self, id: &str, starts: bool, delta: String) {
        if starts {
            let start = Chunk::ReasoningStart { id: id.to_owned() };
            self.segment_part(id, start);
        }
        let id_of = id.to_owned();
        self.segment_part(id, Chunk::ReasoningDelta { id: id_of, delta });
    }

    pub(super) fn end_reasoning(&mut self, event: &Event, end: &ReasoningFinished) {
        let id = segment(event);
        if end.finish_reason.as_deref() == Some(REPLACED) {
            self.reasoning.remove(id);
            return self.withdraw(id);
        }
        let mut own = self.reasoning.remove(id).unwrap_or_default();
        let was_shown = own.is_shown();
        if let Some(rest) = own.finish(&end.text) {
            self.show_reasoning(id, !was_shown, rest.into_owned());
        }
        if own.is_shown() {
            self.segment_part(id, Chunk::ReasoningEnd { id: id.to_owned() });
        }
    }

    /// Removes what was shown of a segment: the protocol can only start the step over.
    fn withdraw(&mut self, id: &str) {
        let Some(stays) = self.step.as_mut().and_then(|step| step.without(id)) else {
            return;
        };
        self.out.push(Chunk::ResetStep);
        self.out.extend(stays);
    }

    /// Ends texts and reasoning whose ends are missing.
    pub(super) fn end_segments(&mut self) {
        let mut texts: Vec<_> = std::mem::take(&mut self.texts).into_iter().collect();
        texts.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (id, own) in texts {
            if own.is_shown() {
                self.segment_part(&id, Chunk::TextEnd { id: id.clone() });
            }
        }
        let mut reasoning: Vec<_> = std::mem::take(&mut self.reasoning).into_iter().collect();
        reasoning.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (id, own) in reasoning {
            if own.is_shown() {
                self.segment_part(&id, Chunk::ReasoningEnd { id: id.clone() });
            }
        }
    }

    /// Shows a source, once in the message.
    pub(super) fn cite(&mut self, url: &str, title: &str) {
        let key = format!("{url} {title}");
        if key.len() > 1 && self.sources.insert(key) {
            self.part(source(url, title));
        }
    }
}

/// Metadata of a text that is a refusal.
pub(in crate::ai_sdk) fn refused() -> RawJson {
    RawJson::of(&json!({"geppetto": {"refusal": true}}))
}

/// Returns the chunk of a source.
pub(in crate::ai_sdk) fn source(url: &str, title: &str) -> Chunk {
    if url.is_empty() {
        return Chunk::SourceDocument {
            source_id: title.to_owned(),
            media_type: "text/plain".to_owned(),
            title: title.to_owned(),
        };
    }
    Chunk::SourceUrl {
        source_id: url.to_owned(),
        url: url.to_owned(),
        title: (!title.is_empty()).then(|| title.to_owned()),
    }
}
