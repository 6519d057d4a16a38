//! [`Reply`]: the items of the provider call in progress.

use std::collections::HashMap;

use geppetto_events::Event;

use super::{board::Board, reasoning::Piece, scope::Scope, text::Text, tools::end_incomplete};
use crate::{Changes, Content, State, entity::Source};

/// Items of a provider call that may still grow.
#[derive(Debug, Clone, Default)]
pub(super) struct Reply {
    /// Texts, by segment id.
    pub(super) texts: HashMap<String, Text>,
    /// Reasoning.
    pub(super) pieces: Vec<Piece>,
    /// Piece and part of each reasoning segment.
    pub(super) parts: HashMap<String, (usize, usize)>,
    /// Id of the last text that is shown.
    pub(super) last_text: Option<String>,
    /// Sources that were cited before any text is shown.
    pub(super) sources: Vec<Source>,
}

impl Scope {
    /// Returns the entity id of a segment or of a tool call.
    pub(super) fn shown_id(&self, segment: &str) -> String {
        if let Some((piece, _)) = self.reply.parts.get(segment)
            && let Some(id) = self.reply.pieces.get(*piece).and_then(|own| own.id.clone())
        {
            return id;
        }
        match self.tools.latest(segment) {
            Some(id) => id.to_owned(),
            None => self.id(segment),
        }
    }

    /// Returns the id for the entity of a segment.
    pub(super) fn segment_entity(&self, event: &Event, board: &Board) -> String {
        match segment(event) {
            "" => self.id(&format!("event:{}:segment", board.seq)),
            id => self.id(id),
        }
    }

    /// Completes the items of several parts that a broken reply has whole.
    pub(super) fn end_whole(&self, whole: &[u64], board: &mut Board) {
        for piece in &self.reply.pieces {
            if let (Some(number), Some(id)) = (piece.part_of, &piece.id)
                && whole.binary_search(&number).is_ok()
            {
                end(id, State::Done, board);
            }
        }
    }

    /// Ends the items of a reply that are not complete.
    pub(super) fn end_items(&mut self, state: State, board: &mut Board) {
        for text in self.reply.texts.values().filter(|text| text.is_shown) {
            end(&text.id, state, board);
        }
        for id in self.reply.pieces.iter().filter_map(|own| own.id.as_deref()) {
            end(id, state, board);
        }
        for (id, len) in self.tools.take_streaming() {
            end_incomplete(&id, len, board);
        }
    }
}

fn end(id: &str, state: State, board: &mut Board) {
    let is_open = |own: &crate::Entity| own.state() == Some(State::Streaming);
    if board.view.entity(id).is_some_and(is_open) {
        board.update(id, Changes::state(state));
    }
}

/// Returns the id of the segment.
pub(super) fn segment(event: &Event) -> &str {
    event.correlation.segment_id.as_deref().unwrap_or_default()
}

/// Returns the part of a delta that is new, if the first `len` bytes of its text are known.
///
/// `None` if there is nothing new.
pub(super) fn news(delta: &str, offset: Option<u64>, len: u64) -> Option<&str> {
    let known = len.saturating_sub(offset.unwrap_or(len));
    let known = usize::try_from(known).unwrap_or(usize::MAX);
    let new = delta.get(known..)?;
    (!new.is_empty()).then_some(new)
}

/// Returns `true` if nothing of a text is visible.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

/// Adds sources, each once.
pub(super) fn add_sources(known: &mut Vec<Source>, new: impl IntoIterator<Item = Source>) {
    for source in new {
        let is_empty = source == Source::default();
        if !is_empty && known.len() < crate::limits::SOURCE_LIMIT && !known.contains(&source) {
            known.push(source);
        }
    }
}

/// Returns the sources that an entity shows.
pub(super) fn sources_of(id: &str, board: &Board) -> Vec<Source> {
    match board.view.entity(id).map(|own| &own.content) {
        Some(Content::Answer(own)) => own.sources.clone(),
        Some(Content::ServerTool(own)) => own.sources.clone(),
        _ => Vec::new(),
    }
}
