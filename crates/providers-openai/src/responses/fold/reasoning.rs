//! [`Reasoning`]: an item of reasoning.

use std::collections::BTreeMap;

use geppetto_engine::{ItemId, ResponseWriter};
use geppetto_events::kind::ReasoningSource;
use geppetto_turns::{Block, Content, SummaryPart};

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
    /// How many parts the summary has.
    summaries: usize,
    encrypted: String,
}

/// A part that is shown.
#[derive(Debug)]
struct Shown {
    item: ItemId,
    /// Its place among the parts of the summary.
    place: usize,
    half: Half,
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
            parts: BTreeMap::new(),
            summaries: 0,
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
        let place = self.summaries;
        let part = self.parts.entry((summary, index)).or_insert_with(|| {
            let item = writer.open_reasoning(if summary {
                ReasoningSource::Summary
            } else {
                ReasoningSource::Provider
            });
            writer.without_block(item);
            Shown {
                item,
                place,
                half: Half::default(),
            }
        });
        if summary && part.place == place {
            self.summaries = place + 1;
        }
        let text = part.half.join(delta);
        writer.push(part.item, &text);
        keep(self.block, summary, part.place, &text, writer);
    }

    /// Closes a part; `full` is all of its text.
    pub(super) fn complete(
        &mut self,
        summary: bool,
        index: u64,
        full: &str,
        writer: &mut ResponseWriter<'_>,
    ) {
        let part = self.parts.get_mut(&(summary, index));
        let streamed = part.as_ref().map_or("", |part| writer.text(part.item));
        let rest = full.strip_prefix(streamed).map(str::to_owned);
        if let Some(part) = part {
            if full.is_empty() {
                self.flush((summary, index), writer);
            } else {
                part.half.forget();
            }
        }
        if let Some(rest) = rest {
            self.say(summary, index, &rest, writer);
        }
        if let Some(part) = self.parts.get(&(summary, index)) {
            writer.close(part.item, None);
        }
    }

    /// Says what is left of a part: half of a character.
    fn flush(&mut self, part: (bool, u64), writer: &mut ResponseWriter<'_>) {
        if let Some(shown) = self.parts.get_mut(&part) {
            let rest = shown.half.rest();
            writer.push(shown.item, rest);
            keep(self.block, part.0, shown.place, rest, writer);
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

    /// Puts what was said into the block.
    pub(super) fn settle(&mut self, writer: &mut ResponseWriter<'_>) -> ItemId {
        for part in self.parts.keys().copied().collect::<Vec<_>>() {
            self.flush(part, writer);
        }
        let texts = |summary: bool| {
            let parts = self.parts.iter();
            let parts = parts.filter(move |((is, _), _)| *is == summary);
            parts.map(|(_, part)| writer.text(part.item))
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
}

/// Keeps a piece in the block at once: nobody may be left to do it when the reply ends.
fn keep(block: ItemId, summary: bool, place: usize, delta: &str, writer: &mut ResponseWriter<'_>) {
    let Some(block) = writer.block_mut(block) else {
        return;
    };
    let Content::Reasoning(reasoning) = &mut block.content else {
        return;
    };
    if !summary {
        reasoning.text.push_str(delta);
        return;
    }
    match reasoning.summary.get_mut(place) {
        Some(part) => part.text.push_str(delta),
        None => reasoning.summary.push(SummaryPart::new(delta)),
    }
}
