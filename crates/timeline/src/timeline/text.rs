//! Text segments.

use geppetto_events::{
    Event,
    kind::{Citation, REPLACED, TextFinished},
};

use super::{
    board::Board,
    items::{add_sources, is_blank, news, segment, sources_of},
    scope::Scope,
};
use crate::{
    Changes, Content, Field, State,
    entity::{Answer, Source},
    limits::short,
};

/// A text that may still grow.
#[derive(Debug, Clone, Default)]
pub(super) struct Text {
    /// Entity id.
    pub(super) id: String,
    position: u64,
    refusal: bool,
    /// Number of bytes of the text so far.
    len: u64,
    /// The text as long as it is blank.
    blank: String,
    pub(super) is_shown: bool,
}

impl Scope {
    pub(super) fn open_text(&mut self, event: &Event, refusal: bool, board: &mut Board) {
        self.close_pieces(board);
        let text = Text {
            id: self.segment_entity(event, board),
            position: board.reserve(),
            refusal,
            ..Text::default()
        };
        self.reply.texts.insert(segment(event).to_owned(), text);
    }

    pub(super) fn text(
        &mut self,
        event: &Event,
        delta: &str,
        offset: Option<u64>,
        board: &mut Board,
    ) {
        if !self.reply.texts.contains_key(segment(event)) {
            self.open_text(event, false, board);
        }
        let Some(text) = self.reply.texts.get_mut(segment(event)) else {
            return;
        };
        let Some(new) = news(delta, offset, text.len) else {
            return;
        };
        text.len = offset.unwrap_or(text.len).max(text.len) + new.len() as u64;
        if text.is_shown {
            let id = &text.id;
            board.append(id, Field::Text, new);
            return;
        }
        text.blank.push_str(new);
        if !is_blank(new) {
            let whole = std::mem::take(&mut text.blank);
            self.show_text(event, whole, board);
        }
    }

    fn show_text(&mut self, event: &Event, whole: String, board: &mut Board) {
        let Some(text) = self.reply.texts.get_mut(segment(event)) else {
            return;
        };
        text.is_shown = true;
        let (id, position) = (text.id.clone(), text.position);
        let answer = Answer {
            text: whole,
            refusal: text.refusal,
            state: State::Streaming,
            sources: std::mem::take(&mut self.reply.sources),
        };
        self.show(&id, position, Content::Answer(answer), board);
        self.add_item(event, &id);
        self.reply.last_text = Some(id);
    }

    pub(super) fn close_text(&mut self, event: &Event, end: &TextFinished, board: &mut Board) {
        if !self.reply.texts.contains_key(segment(event)) {
            // Forwarded events of agents have no deltas.
            self.open_text(event, false, board);
        }
        let reason = end.finish_reason.as_deref();
        if reason == Some(REPLACED) {
            if let Some(text) = self.reply.texts.remove(segment(event)) {
                board.remove(&text.id);
            }
            return;
        }
        let is_shown = |text: &Text| text.is_shown;
        if !self.reply.texts.get(segment(event)).is_some_and(is_shown) {
            if is_blank(&end.text) {
                self.reply.texts.remove(segment(event));
                return;
            }
            self.show_text(event, end.text.clone(), board);
        }
        let Some(text) = self.reply.texts.remove(segment(event)) else {
            return;
        };
        let shown = board.view.entity(&text.id).and_then(|own| own.text());
        let mut changes = Changes::state(State::of_finish(reason));
        // Other programs may leave the text out.
        if shown != Some(&end.text) && !end.text.is_empty() {
            changes.text = Some(end.text.clone());
        }
        board.update(&text.id, changes);
    }

    /// Adds a source to the last text.
    pub(super) fn cite(&mut self, citation: &Citation, board: &mut Board) {
        let source = Source {
            title: short(&citation.title),
            url: short(&citation.url),
        };
        let Some(id) = &self.reply.last_text else {
            add_sources(&mut self.reply.sources, [source]);
            return;
        };
        let mut sources = sources_of(id, board);
        add_sources(&mut sources, [source]);
        let changes = Changes {
            sources: Some(sources),
            ..Changes::default()
        };
        board.update(id, changes);
    }
}
