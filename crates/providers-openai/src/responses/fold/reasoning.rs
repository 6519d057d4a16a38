//! [`Reasoning`]: an item of reasoning.

use std::collections::BTreeMap;

use geppetto_engine::{ItemId, ResponseWriter, Slot};
use geppetto_events::kind::ReasoningSource;
use geppetto_turns::{Block, Content};

use super::entry::Streamed;
use crate::{
    responses::wire::{Item, parts},
    shared::halves::Half,
};

/// The item's type.
pub(super) const REASONING: &str = "reasoning";

/// An item of reasoning: one block. Each part of it or of its summary is a segment of events.
#[derive(Debug)]
pub(super) struct Reasoning {
    block: ItemId,
    /// The parts, of the summary and of the text, by their indices.
    parts: BTreeMap<(bool, u64), Shown>,
    encrypted: String,
}

/// A part that is shown.
#[derive(Debug)]
struct Shown {
    item: ItemId,
    half: Half,
}

impl Reasoning {
    /// Takes the item's place: a model may show nothing of its reasoning.
    pub(super) fn open(id: &str, slot: Slot, writer: &mut ResponseWriter<'_>) -> Self {
        let mut block = Block::reasoning("");
        if let Content::Reasoning(reasoning) = &mut block.content {
            reasoning.item_id = (!id.is_empty()).then(|| id.to_owned());
        }
        let block = writer.open_block(block);
        writer.place(block, slot);
        Self {
            block,
            parts: BTreeMap::new(),
            encrypted: String::new(),
        }
    }

    /// Lets a part grow.
    pub(super) fn say(
        &mut self,
        summary: bool,
        index: u64,
        delta: &str,
        writer: &mut ResponseWriter<'_>,
    ) {
        if delta.is_empty() {
            return;
        }
        let block = self.block;
        let part = self.parts.entry((summary, index)).or_insert_with(|| {
            let source = if summary {
                ReasoningSource::Summary
            } else {
                ReasoningSource::Provider
            };
            let item = writer.open_part(block, source);
            writer.place(item, Slot::at(index));
            Shown {
                item,
                half: Half::default(),
            }
        });
        let text = part.half.join(delta);
        writer.push(part.item, &text);
    }

    /// Closes a part; `full` is all of its text.
    pub(super) fn complete(
        &mut self,
        summary: bool,
        index: u64,
        full: &str,
        writer: &mut ResponseWriter<'_>,
    ) {
        match self.parts.get_mut(&(summary, index)) {
            None => self.say(summary, index, full, writer),
            Some(part) if full.is_empty() => writer.push(part.item, part.half.rest()),
            Some(part) => {
                part.half.forget();
                // Where the last word is another one, what was streamed stays.
                writer.complete(part.item, full);
            }
        }
        if let Some(part) = self.parts.get(&(summary, index)) {
            writer.close(part.item, None);
        }
    }

    /// Number of characters that could not be read.
    pub(super) fn lost(&self) -> u64 {
        self.parts.values().map(|part| part.half.lost()).sum()
    }

    /// Takes the whole item.
    pub(super) fn done(&mut self, item: &Item<'_>, writer: &mut ResponseWriter<'_>) {
        for (summary, raw) in [(true, item.summary), (false, item.content)] {
            let whole = parts(raw);
            let indices = self.parts.keys().filter(|(is, _)| *is == summary);
            let indices = indices.map(|(_, index)| *index).collect();
            let streamed = Streamed::new(indices, whole.len());
            for (position, part) in whole.iter().enumerate() {
                let index = streamed.index(position);
                self.complete(summary, index, &part.text, writer);
            }
        }
        (*item.encrypted_content).clone_into(&mut self.encrypted);
        for part in self.parts.values() {
            writer.close(part.item, None);
        }
        self.settle(writer);
        writer.close(self.block, None);
    }

    /// Says what is left of the parts, and puts into the block what stands beside them.
    pub(super) fn settle(&mut self, writer: &mut ResponseWriter<'_>) -> ItemId {
        for part in self.parts.values_mut() {
            writer.push(part.item, part.half.rest());
        }
        if let Some(block) = writer.block_mut(self.block)
            && let Content::Reasoning(reasoning) = &mut block.content
        {
            let encrypted = (!self.encrypted.is_empty()).then(|| self.encrypted.clone());
            reasoning.encrypted_content = encrypted;
        }
        self.block
    }
}
