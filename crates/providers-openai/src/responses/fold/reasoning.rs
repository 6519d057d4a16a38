//! [`Reasoning`]: an item of reasoning.

use std::collections::BTreeMap;

use geppetto_engine::{ItemId, Slot};
use geppetto_events::kind::ReasoningSource;
use geppetto_provider::Output;
use geppetto_turns::{Block, Content};

use super::entry::{INCOMPLETE, Streamed};
use crate::responses::wire::{Item, parts};

/// Type of the item.
pub(super) const REASONING: &str = "reasoning";

/// An item of reasoning, as one block. Each part of it or of its summary is a segment of events.
#[derive(Debug)]
pub(super) struct Reasoning {
    block: ItemId,
    /// Parts of the summary and of the text, by their indices.
    parts: BTreeMap<(bool, u64), ItemId>,
    encrypted: String,
}

impl Reasoning {
    /// Reserves the item's position: a model may show none of its reasoning.
    pub(super) fn open(id: &str, slot: Slot, out: &mut Output<'_>) -> Self {
        let mut block = Block::reasoning("");
        if let Content::Reasoning(reasoning) = &mut block.content {
            reasoning.item_id = (!id.is_empty()).then(|| id.to_owned());
        }
        let block = out.open_block(block);
        out.place(block, slot);
        Self {
            block,
            parts: BTreeMap::new(),
            encrypted: String::new(),
        }
    }

    /// Appends to a part.
    pub(super) fn say(&mut self, summary: bool, index: u64, delta: &str, out: &mut Output<'_>) {
        if delta.is_empty() {
            return;
        }
        let block = self.block;
        let part = *self.parts.entry((summary, index)).or_insert_with(|| {
            let source = if summary {
                ReasoningSource::Summary
            } else {
                ReasoningSource::Provider
            };
            let item = out.open_part(block, source);
            out.place(item, Slot::at(index));
            item
        });
        out.push(part, delta);
    }

    /// Closes a part; `full` is its full text.
    pub(super) fn complete(&mut self, summary: bool, index: u64, full: &str, out: &mut Output<'_>) {
        self.fill(summary, index, full, out);
        if let Some(part) = self.parts.get(&(summary, index)) {
            out.close(*part, None);
        }
    }

    /// Adds what is missing of the full text of a part.
    fn fill(&mut self, summary: bool, index: u64, full: &str, out: &mut Output<'_>) {
        match self.parts.get(&(summary, index)) {
            None => self.say(summary, index, full, out),
            // If the final text differs, the streamed text is kept.
            Some(part) => {
                out.complete(*part, full);
            }
        }
    }

    /// Processes the complete item.
    pub(super) fn done(&mut self, item: &Item<'_>, out: &mut Output<'_>) {
        // The finished response shows whether an incomplete item is part of it.
        let is_open = &*item.status == INCOMPLETE;
        for (summary, raw) in [(true, item.summary), (false, item.content)] {
            let whole = parts(raw);
            let indices = self.parts.keys().filter(|(is, _)| *is == summary);
            let indices = indices.map(|(_, index)| *index).collect();
            let streamed = Streamed::new(indices, whole.len());
            for (position, part) in whole.iter().enumerate() {
                let index = streamed.index(position);
                if is_open {
                    self.fill(summary, index, &part.text, out);
                } else {
                    self.complete(summary, index, &part.text, out);
                }
            }
        }
        (*item.encrypted_content).clone_into(&mut self.encrypted);
        self.settle(out);
        if is_open {
            return;
        }
        for part in self.parts.values() {
            out.close(*part, None);
        }
        out.close(self.block, None);
    }

    /// Removes the reasoning.
    pub(super) fn withdraw(&mut self, out: &mut Output<'_>) {
        for part in self.parts.values().chain([&self.block]) {
            out.withdraw(*part);
        }
    }

    /// Processes the encrypted part, unless the item has one.
    pub(super) fn seal(&mut self, item: &Item<'_>, out: &mut Output<'_>) {
        if self.encrypted.is_empty() && !item.encrypted_content.is_empty() {
            (*item.encrypted_content).clone_into(&mut self.encrypted);
            self.settle(out);
        }
    }

    /// Stores the additional data of the item in its block.
    pub(super) fn settle(&mut self, out: &mut Output<'_>) -> ItemId {
        if let Some(block) = out.block_mut(self.block)
            && let Content::Reasoning(reasoning) = &mut block.content
        {
            let encrypted = (!self.encrypted.is_empty()).then(|| self.encrypted.clone());
            reasoning.encrypted_content = encrypted;
        }
        self.block
    }
}
