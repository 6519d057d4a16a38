//! [`Message`]: an item of text and refusals.

use std::collections::{BTreeMap, HashSet};

use geppetto_engine::{Completed, ItemId, Slot};
use geppetto_events::{EventKind, kind::Citation};
use geppetto_provider::{Output, read::raw_value};
use geppetto_turns::keys::block_meta;
use serde_json::{Value, value::RawValue};

use super::entry::{INCOMPLETE, Streamed};
use crate::responses::wire::{Item, Part, parts};

/// Type of the item.
pub(super) const MESSAGE: &str = "message";

/// An item of text and refusals. Each of its parts is a block.
#[derive(Debug)]
pub(super) struct Message {
    slot: Slot,
    pieces: BTreeMap<(u64, bool), Piece>,
}

/// A part of a message.
#[derive(Debug)]
struct Piece {
    index: u64,
    refusal: bool,
    slot: Slot,
    /// `None` as long as the part is empty.
    item: Option<ItemId>,
    /// `true` if the text was streamed.
    streamed: bool,
    /// Texts that were closed before the part went on.
    earlier: Vec<ItemId>,
    annotations: Vec<Value>,
    /// Annotations as text, to detect repetitions.
    known: HashSet<String>,
    logprobs: Vec<Value>,
}

impl Message {
    pub(super) fn new(slot: Slot) -> Self {
        Self {
            slot,
            pieces: BTreeMap::new(),
        }
    }

    pub(super) fn is_refusal(&self) -> bool {
        let said = |piece: &Piece| piece.refusal && piece.item.is_some();
        self.pieces.values().any(said)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pieces.values().all(|piece| piece.item.is_none())
    }

    /// Appends to a part.
    pub(super) fn say(&mut self, index: u64, refusal: bool, delta: &str, out: &mut Output<'_>) {
        if !delta.is_empty() {
            self.piece(index, refusal).say(delta, out);
        }
    }

    /// Closes a part; `full` is its full text.
    pub(super) fn complete(&mut self, index: u64, refusal: bool, full: &str, out: &mut Output<'_>) {
        let piece = self.piece(index, refusal);
        piece.fill(full, out);
        piece.close(out);
    }

    pub(super) fn add_logprobs(&mut self, index: u64, raw: Option<&RawValue>) {
        // Nearly every text delta has an empty list of them.
        if raw.is_some_and(|raw| raw.get() != "[]") {
            self.piece(index, false).logprobs.extend(list(raw));
        }
    }

    /// Records an annotation of the text and announces the cited source.
    pub(super) fn annotate(
        &mut self,
        index: u64,
        output_index: Option<u64>,
        raw: Option<&RawValue>,
        out: &Output<'_>,
    ) {
        if let Some(annotation) = raw.and_then(|raw| raw_value(raw.get())) {
            self.piece(index, false)
                .annotate(annotation, output_index, out);
        }
    }

    /// Processes a complete part.
    pub(super) fn take_part(
        &mut self,
        index: u64,
        output_index: Option<u64>,
        part: &Part<'_>,
        out: &mut Output<'_>,
    ) {
        self.fill_part(index, output_index, part, out);
        for (refusal, text) in [(true, &part.refusal), (false, &part.text)] {
            if !text.is_empty() {
                self.piece(index, refusal).close(out);
            }
        }
    }

    /// Processes a complete part, without closing its texts.
    fn fill_part(
        &mut self,
        index: u64,
        output_index: Option<u64>,
        part: &Part<'_>,
        out: &mut Output<'_>,
    ) {
        for (refusal, text) in [(true, &part.refusal), (false, &part.text)] {
            if !text.is_empty() {
                self.piece(index, refusal).fill(text, out);
            }
        }
        let (annotations, logprobs) = (list(part.annotations), list(part.logprobs));
        if annotations.is_empty() && logprobs.is_empty() {
            return;
        }
        let piece = self.piece(index, false);
        let known = piece.annotations.len();
        for annotation in annotations.into_iter().skip(known) {
            piece.annotate(annotation, output_index, out);
        }
        if !logprobs.is_empty() {
            piece.logprobs = logprobs;
        }
    }

    /// Processes the complete item.
    pub(super) fn done(&mut self, item: &Item<'_>, output_index: u64, out: &mut Output<'_>) {
        // The finished response shows whether an incomplete item is part of it.
        let is_open = &*item.status == INCOMPLETE;
        let whole = parts(item.content);
        let indices = self.pieces.keys().map(|(index, _)| *index).collect();
        let streamed = Streamed::new(indices, whole.len());
        for (position, part) in whole.iter().enumerate() {
            let index = streamed.index(position);
            if is_open {
                self.fill_part(index, Some(output_index), part, out);
            } else {
                self.take_part(index, Some(output_index), part, out);
            }
        }
        if is_open {
            return;
        }
        for piece in self.pieces.values() {
            piece.close(out);
        }
    }

    /// Removes the texts.
    pub(super) fn withdraw(&mut self, out: &mut Output<'_>) {
        for piece in self.pieces.values_mut() {
            for item in piece.earlier.drain(..).chain(piece.item.take()) {
                out.withdraw(item);
            }
        }
    }

    /// Stores the additional data of the text on the blocks.
    pub(super) fn settle(&mut self, blocks: &mut Vec<ItemId>, out: &mut Output<'_>) {
        for piece in self.pieces.values_mut() {
            let Some(id) = piece.item else {
                continue;
            };
            blocks.append(&mut piece.earlier);
            blocks.push(id);
            let lists = [
                (block_meta::ANNOTATIONS.id(), &mut piece.annotations),
                (block_meta::LOGPROBS.id(), &mut piece.logprobs),
            ];
            for (key, list) in lists.into_iter().filter(|(_, list)| !list.is_empty()) {
                if let Some(block) = out.block_mut(id) {
                    block.metadata.set_raw(key, std::mem::take(list).into());
                }
            }
        }
    }

    fn piece(&mut self, index: u64, refusal: bool) -> &mut Piece {
        let part = index.saturating_mul(2).saturating_add(u64::from(refusal));
        let slot = self.slot.part(part);
        self.pieces
            .entry((index, refusal))
            .or_insert_with(|| Piece {
                index,
                refusal,
                slot,
                item: None,
                streamed: false,
                earlier: Vec::new(),
                annotations: Vec::new(),
                known: HashSet::new(),
                logprobs: Vec::new(),
            })
    }
}

impl Piece {
    /// Appends a streamed text. A gateway may end the item too early, and go on with its text: the rest is
    /// another text then (<https://github.com/diegosouzapw/OmniRoute/issues/13693>).
    fn say(&mut self, delta: &str, out: &mut Output<'_>) {
        if let Some(item) = self.item.filter(|item| !out.is_open(*item)) {
            if !self.streamed {
                // A repetition of a text that came whole.
                return;
            }
            self.earlier.push(item);
            self.item = None;
        }
        self.streamed = true;
        self.push(delta, out);
    }

    fn push(&mut self, text: &str, out: &mut Output<'_>) {
        let refusal = self.refusal;
        let slot = self.slot;
        let item = *self.item.get_or_insert_with(|| {
            let item = if refusal {
                out.open_refusal()
            } else {
                out.open_text()
            };
            out.place(item, slot);
            item
        });
        out.push(item, text);
    }

    /// Adds what is missing of the full text.
    fn fill(&mut self, full: &str, out: &mut Output<'_>) {
        match self.item {
            None if full.is_empty() => {}
            None => self.push(full, out),
            // What the server calls the full text ended before.
            Some(_) if !self.earlier.is_empty() => {}
            // The streamed text differs from the server's final text, which counts.
            Some(item) if out.complete(item, full) == Completed::Differs => {
                self.item = Some(out.supersede(item));
                self.push(full, out);
            }
            Some(_) => {}
        }
    }

    fn close(&self, out: &mut Output<'_>) {
        if let Some(item) = self.item {
            out.close(item, None);
        }
    }

    fn annotate(&mut self, annotation: Value, output_index: Option<u64>, out: &Output<'_>) {
        if !self.known.insert(annotation.to_string()) {
            return;
        }
        let field = |name: &str| annotation.get(name).and_then(Value::as_str);
        let number = |name: &str| annotation.get(name).and_then(Value::as_u64);
        let mut citation = Citation::default();
        citation.url = field("url").unwrap_or_default().to_owned();
        let title = field("title").or_else(|| field("filename"));
        citation.title = title.unwrap_or_default().to_owned();
        citation.start_index = number("start_index");
        citation.end_index = number("end_index");
        citation.output_index = output_index;
        citation.content_index = Some(self.index);
        citation.annotation_index = Some(self.annotations.len() as u64);
        out.publish(EventKind::Citation(Box::new(citation)));
        self.annotations.push(annotation);
    }
}

fn list(raw: Option<&RawValue>) -> Vec<Value> {
    match raw.and_then(|raw| raw_value(raw.get())) {
        Some(Value::Array(list)) => list,
        _ => Vec::new(),
    }
}
