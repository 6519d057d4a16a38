//! [`Reasoning`]: an item of reasoning.

use geppetto_engine::{ItemId, ResponseWriter};
use geppetto_events::kind::ReasoningSource;
use geppetto_turns::{Block, Content, SummaryPart};

use super::entry::streamed_index;
use crate::responses::wire::{Item, parts};

/// The item's type.
pub(super) const REASONING: &str = "reasoning";

/// An item of reasoning: one block. Each part of it or of its summary is a segment of events.
#[derive(Debug)]
pub(super) struct Reasoning {
    block: ItemId,
    parts: Vec<Shown>,
    encrypted: String,
}

/// A part that is shown.
#[derive(Debug)]
struct Shown {
    summary: bool,
    index: u64,
    item: ItemId,
}

impl Reasoning {
    /// Takes the item's place: a model may show nothing of its reasoning.
    pub(super) fn open(id: &str, writer: &mut ResponseWriter<'_>) -> Self {
        let mut block = Block::reasoning("");
        if let Content::Reasoning(reasoning) = &mut block.content {
            reasoning.item_id = (!id.is_empty()).then(|| id.to_owned());
        }
        Self {
            block: writer.open_block(block),
            parts: Vec::new(),
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
        let item = self.shown(summary, index).unwrap_or_else(|| {
            let item = writer.open_reasoning(match summary {
                true => ReasoningSource::Summary,
                false => ReasoningSource::Provider,
            });
            writer.without_block(item);
            self.parts.push(Shown {
                summary,
                index,
                item,
            });
            item
        });
        writer.push(item, delta);
        self.keep(item, delta, writer);
    }

    /// Keeps a piece in the block at once: nobody may be left to do it when the reply ends.
    fn keep(&self, item: ItemId, delta: &str, writer: &mut ResponseWriter<'_>) {
        let Some(place) = self.parts.iter().position(|part| part.item == item) else {
            return;
        };
        let (before, rest) = self.parts.split_at(place);
        let summary = rest.first().is_some_and(|part| part.summary);
        let Some(block) = writer.block_mut(self.block) else {
            return;
        };
        let Content::Reasoning(reasoning) = &mut block.content else {
            return;
        };
        if !summary {
            reasoning.text.push_str(delta);
            return;
        }
        let place = before.iter().filter(|part| part.summary).count();
        match reasoning.summary.get_mut(place) {
            Some(part) => part.text.push_str(delta),
            None => reasoning.summary.push(SummaryPart::new(delta)),
        }
    }

    /// Closes a part; `full` is all of its text.
    pub(super) fn complete(
        &mut self,
        summary: bool,
        index: u64,
        full: &str,
        writer: &mut ResponseWriter<'_>,
    ) {
        let shown = self.shown(summary, index);
        let streamed = shown.map_or("", |item| writer.text(item));
        if let Some(rest) = full.strip_prefix(streamed) {
            self.say(summary, index, rest, writer);
        }
        if let Some(item) = self.shown(summary, index) {
            writer.close(item, None);
        }
    }

    /// Takes the whole item.
    pub(super) fn done(&mut self, item: &Item<'_>, writer: &mut ResponseWriter<'_>) {
        for (summary, raw) in [(true, item.summary), (false, item.content)] {
            let whole = parts(raw);
            let mut streamed: Vec<u64> = (self.parts.iter())
                .filter(|part| part.summary == summary)
                .map(|part| part.index)
                .collect();
            streamed.sort_unstable();
            for (position, part) in whole.iter().enumerate() {
                let index = streamed_index(&streamed, whole.len(), position);
                self.complete(summary, index, &part.text, writer);
            }
        }
        (*item.encrypted_content).clone_into(&mut self.encrypted);
        for part in &self.parts {
            writer.close(part.item, None);
        }
        self.settle(writer);
        writer.close(self.block, None);
    }

    /// Puts what was said into the block.
    pub(super) fn settle(&mut self, writer: &mut ResponseWriter<'_>) -> ItemId {
        self.parts.sort_by_key(|part| part.index);
        let texts = |summary: bool| {
            let parts = self
                .parts
                .iter()
                .filter(move |part| part.summary == summary);
            parts.map(|part| writer.text(part.item))
        };
        let summary = texts(true).map(SummaryPart::new).collect();
        let text = texts(false).collect();
        if let Some(block) = writer.block_mut(self.block)
            && let Content::Reasoning(reasoning) = &mut block.content
        {
            reasoning.summary = summary;
            reasoning.text = text;
            let encrypted = (!self.encrypted.is_empty()).then(|| self.encrypted.clone());
            reasoning.encrypted_content = encrypted;
        }
        self.block
    }

    fn shown(&self, summary: bool, index: u64) -> Option<ItemId> {
        let is_it = |part: &&Shown| part.summary == summary && part.index == index;
        self.parts.iter().find(is_it).map(|part| part.item)
    }
}
