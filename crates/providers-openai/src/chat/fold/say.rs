//! Text, reasoning and refusals: what is written into the segments of a reply.

use geppetto_engine::ItemId;
use geppetto_events::kind::ReasoningSource;
use geppetto_provider::Output;
use serde_json::value::RawValue;

use super::{ChatFold, Content, Delta, Segment, details, tags::Kind};

impl ChatFold {
    pub(super) fn reasoning(&mut self, delta: &Delta<'_>, out: &mut Output<'_>) {
        // Servers that fill several of these fields repeat the same text.
        let fields = [
            &delta.reasoning_content,
            &delta.reasoning,
            &delta.reasoning_text,
            &delta.thinking,
        ];
        let said = fields.into_iter().map(Content::flat);
        if let Some(text) = said.into_iter().find(|text| !text.is_empty()) {
            self.reasons_by_field = true;
            self.say(Segment::Reasoning, &text, out);
        }
        if let Some(raw) = delta.reasoning_details {
            self.reasoning_details(raw, out);
        }
        if let Some(pieces) = delta.thinking_blocks.and_then(details::parse) {
            self.kept.take_signed(pieces, out);
        }
    }

    fn reasoning_details(&mut self, raw: &RawValue, out: &mut Output<'_>) {
        let Some(news) = details::parse(raw) else {
            return;
        };
        if !self.reasons_by_field {
            self.say(Segment::Reasoning, &details::text_of(&news), out);
        }
        self.kept.take_details(news, self.whole, out);
    }

    /// Writes a piece of the text, which may contain reasoning between tags, unless the server has
    /// a dedicated reasoning field.
    pub(super) fn text(&mut self, text: &str, out: &mut Output<'_>) {
        if self.tags.is_over() || text.is_empty() {
            return self.say(Segment::Text, text, out);
        }
        let mut tags = std::mem::take(&mut self.tags);
        if self.reasons_by_field || self.kept.has_reasoning() && !tags.found() {
            tags.end(&mut |kind, text| self.say_tagged(kind, text, out));
        }
        tags.take(text, &mut |kind, text| self.say_tagged(kind, text, out));
        self.tags = tags;
    }

    /// Writes the text that was held back as a possible tag.
    pub(super) fn end_tags(&mut self, out: &mut Output<'_>) {
        if !self.tags.is_over() {
            let mut tags = std::mem::take(&mut self.tags);
            tags.end(&mut |kind, text| self.say_tagged(kind, text, out));
            self.tags = tags;
        }
    }

    fn say_tagged(&mut self, kind: Kind, text: &str, out: &mut Output<'_>) {
        let segment = match kind {
            Kind::Text => Segment::Text,
            Kind::Reasoning => Segment::Reasoning,
        };
        self.say(segment, text, out);
    }

    /// Appends to a segment; text that does not continue the open segment starts a new one.
    pub(super) fn say(&mut self, segment: Segment, text: &str, out: &mut Output<'_>) {
        if text.is_empty() {
            return;
        }
        self.spoke = true;
        let id = match self.open {
            Some((open, id)) if open == segment => id,
            _ => self.open_segment(segment, out),
        };
        out.push(id, text);
    }

    fn open_segment(&mut self, segment: Segment, out: &mut Output<'_>) -> ItemId {
        self.close_segment(out);
        self.calls.announce(out);
        let id = match segment {
            Segment::Text | Segment::Speech => out.open_text(),
            Segment::Reasoning => out.open_reasoning(ReasoningSource::Provider),
            Segment::Refusal => {
                self.refused = true;
                out.open_refusal()
            }
        };
        self.kept.opened(segment, id);
        self.open = Some((segment, id));
        id
    }

    pub(super) fn close_segment(&mut self, out: &mut Output<'_>) {
        if let Some((_, id)) = self.open.take() {
            out.close(id, None);
        }
    }
}
