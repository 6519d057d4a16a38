//! Reasoning segments. Several segments can be parts of one piece of reasoning.

use geppetto_events::{
    Event,
    kind::{REPLACED, ReasoningDelta, ReasoningFinished, ReasoningSource, ReasoningStarted},
};

use super::{
    board::Board,
    items::{is_blank, news, segment},
    scope::Scope,
};
use crate::{Changes, Content, Field, State, entity::Reasoning};

/// Separates the parts of a summary.
pub(super) const SEPARATOR: &str = "\n\n";

/// One piece of reasoning.
#[derive(Debug, Clone, Default)]
pub(super) struct Piece {
    /// Id of the entity, once it is shown.
    pub(super) id: Option<String>,
    position: u64,
    pub(super) part_of: Option<u64>,
    parts: Vec<Part>,
}

/// The text of one segment.
#[derive(Debug, Clone)]
struct Part {
    id: String,
    is_summary: bool,
    text: String,
    is_open: bool,
}

impl Piece {
    /// Returns text and summary.
    fn whole(&self) -> (String, String) {
        let of = |is_summary| {
            self.parts
                .iter()
                .filter(move |own: &&Part| own.is_summary == is_summary)
        };
        let text = of(false).map(|own| own.text.as_str()).collect();
        (text, join_summary(of(true).map(|own| own.text.as_str())))
    }

    /// Returns what a delta appends to the entity; `None` if it is not at its end.
    fn appended(&self, part: usize, new: &str) -> Option<(Field, String)> {
        let own = self.parts.get(part)?;
        let later = self.parts.get(part + 1..)?;
        let of_field = |other: &&Part| other.is_summary == own.is_summary;
        if later
            .iter()
            .filter(of_field)
            .any(|other| !other.text.is_empty())
        {
            return None;
        }
        if !own.is_summary {
            return Some((Field::Text, new.to_owned()));
        }
        let before = own.text.len().checked_sub(new.len())?;
        if !is_blank(own.text.get(..before)?) {
            return Some((Field::Summary, new.to_owned()));
        }
        if is_blank(&own.text) {
            return Some((Field::Summary, String::new()));
        }
        let earlier = self.parts.get(..part)?.iter().filter(of_field);
        let is_first = earlier.into_iter().all(|other| is_blank(&other.text));
        let separator = if is_first { "" } else { SEPARATOR };
        Some((Field::Summary, format!("{separator}{}", own.text)))
    }
}

/// Joins the parts of a summary that are not blank.
pub(super) fn join_summary<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    let parts: Vec<&str> = parts.filter(|part| !is_blank(part)).collect();
    parts.join(SEPARATOR)
}

impl Scope {
    pub(super) fn open_reasoning(
        &mut self,
        event: &Event,
        started: &ReasoningStarted,
        board: &mut Board,
    ) {
        self.open_part(event, &started.source, started.part_of, board);
    }

    fn open_part(
        &mut self,
        event: &Event,
        source: &ReasoningSource,
        part_of: Option<u64>,
        board: &mut Board,
    ) {
        let pieces = &mut self.reply.pieces;
        let known = pieces
            .iter()
            .position(|own| part_of.is_some() && own.part_of == part_of);
        if known.is_none() {
            self.close_pieces(board);
        }
        let pieces = &mut self.reply.pieces;
        let index = known.unwrap_or(pieces.len());
        if known.is_none() {
            pieces.push(Piece {
                position: board.reserve(),
                part_of,
                ..Piece::default()
            });
        }
        let id = self.segment_entity(event, board);
        if let Some(piece) = self.reply.pieces.get_mut(index) {
            piece.parts.push(Part {
                id,
                is_summary: *source == ReasoningSource::Summary,
                text: String::new(),
                is_open: true,
            });
            let place = (index, piece.parts.len() - 1);
            self.reply.parts.insert(segment(event).to_owned(), place);
        }
    }

    /// Returns the place of the event's segment, which is opened if its start was missed.
    fn part(
        &mut self,
        event: &Event,
        source: &ReasoningSource,
        board: &mut Board,
    ) -> Option<(usize, usize)> {
        if !self.reply.parts.contains_key(segment(event)) {
            self.open_part(event, source, None, board);
        }
        self.reply.parts.get(segment(event)).copied()
    }

    pub(super) fn reason(&mut self, event: &Event, delta: &ReasoningDelta, board: &mut Board) {
        let Some((index, part)) = self.part(event, &delta.source, board) else {
            return;
        };
        let Some(piece) = self.reply.pieces.get_mut(index) else {
            return;
        };
        let Some(own) = piece.parts.get_mut(part) else {
            return;
        };
        let Some(new) = news(&delta.delta, delta.offset, own.text.len() as u64) else {
            return;
        };
        own.text.push_str(new);
        let Some(id) = piece.id.clone() else {
            if !is_blank(new) {
                self.show_piece(event, (index, part), board);
            }
            return;
        };
        match piece.appended(part, new) {
            Some((field, text)) => board.append(&id, field, &text),
            None => self.show_whole(index, board),
        }
        board.update(&id, Changes::state(State::Streaming));
    }

    /// Shows a piece for the first time; its id is that of the part with the first visible text.
    fn show_piece(&mut self, event: &Event, (index, part): (usize, usize), board: &mut Board) {
        let Some(piece) = self.reply.pieces.get_mut(index) else {
            return;
        };
        let Some(id) = piece.parts.get(part).map(|own| own.id.clone()) else {
            return;
        };
        piece.id = Some(id.clone());
        let position = piece.position;
        let (text, summary) = piece.whole();
        let content = Reasoning {
            text,
            summary,
            state: State::Streaming,
        };
        self.show(&id, position, Content::Reasoning(content), board);
        self.add_item(event, &id);
    }

    fn show_whole(&self, index: usize, board: &mut Board) {
        let piece = self.reply.pieces.get(index);
        if let Some(piece) = piece
            && let Some(id) = &piece.id
        {
            let (text, summary) = piece.whole();
            let changes = Changes {
                text: Some(text),
                summary: Some(summary),
                ..Changes::default()
            };
            board.update(id, changes);
        }
    }

    pub(super) fn close_reasoning(
        &mut self,
        event: &Event,
        end: &ReasoningFinished,
        board: &mut Board,
    ) {
        let Some((index, part)) = self.part(event, &end.source, board) else {
            return;
        };
        let Some(piece) = self.reply.pieces.get_mut(index) else {
            return;
        };
        let Some(own) = piece.parts.get_mut(part) else {
            return;
        };
        own.is_open = false;
        let reason = end.finish_reason.as_deref();
        let is_replaced = reason == Some(REPLACED);
        let differs = own.text != end.text && !end.text.is_empty();
        if is_replaced {
            own.text.clear();
        } else if differs {
            own.text.clone_from(&end.text);
        }
        let is_visible = !is_blank(&own.text);
        let is_whole = piece.part_of.is_none();
        match piece.id.clone() {
            None if is_visible => self.show_piece(event, (index, part), board),
            Some(id) if is_replaced && is_whole => {
                piece.id = None;
                board.remove(&id);
            }
            Some(_) if differs || is_replaced => self.show_whole(index, board),
            _ => {}
        }
        let state = State::of_finish(reason);
        let id = self.reply.pieces.get(index).and_then(|own| own.id.clone());
        // Other parts of the piece may follow.
        if let Some(id) = id.filter(|_| is_whole || state != State::Done) {
            board.update(&id, Changes::state(state));
        }
    }

    /// Completes the pieces without open parts: another item of the reply begins.
    pub(super) fn close_pieces(&mut self, board: &mut Board) {
        for piece in &self.reply.pieces {
            let is_open = piece.parts.iter().any(|part| part.is_open);
            if let Some(id) = piece.id.as_deref().filter(|_| !is_open)
                && board.view.entity(id).and_then(crate::Entity::state) == Some(State::Streaming)
            {
                board.update(id, Changes::state(State::Done));
            }
        }
    }
}
